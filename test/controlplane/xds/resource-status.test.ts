import { expect, test } from 'vitest';
import { servedResource } from '../../../controlplane/encode-served.ts';
import { NameSets } from '../../../controlplane/xds/name-set.ts';
import { resourceStatuses } from '../../../controlplane/xds/resource-status.ts';
import { EMPTY } from '../../../controlplane/xds/selection.ts';
import {
  dueStep,
  newSubscription,
  onAck,
  onNack,
  onSent,
  type Subscription,
} from '../../../controlplane/xds/subscription.ts';
import { TypeHistory } from '../../../controlplane/xds/type-history.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import type { Resource } from '../../../render/resource.ts';
import { edsCluster, endpoints } from './small-mesh.ts';

const names = new NameSets(100);
const versionOf = (resource: Resource): string => servedResource(resource).version;
const ONE = edsCluster('one');
const TWO = edsCluster('two');

/** A type as it is served, and a subscription to it. */
function served(typeUrl: string, variant: 'sotw' | 'delta', asked = names.everything) {
  const history = new TypeHistory(typeUrl);
  let subscription: Subscription = newSubscription({ typeUrl, variant, names: asked, held: EMPTY, heldVersion: '' });
  let nonce = 0;
  let serial = 0;
  return {
    serve: (...resources: readonly Resource[]) => {
      serial += 1;
      history.serve(resources.map(servedResource), serial);
    },
    send(kept = EMPTY) {
      const step = dueStep(subscription, history.now.select(asked).keeping(kept), history.steps(variant));
      if (!step) throw new Error('nothing is due');
      nonce += 1;
      subscription = onSent(subscription, step, String(nonce));
    },
    take() {
      subscription = onAck(subscription, asked);
    },
    refuse(reason: string) {
      subscription = onNack(subscription, asked, reason);
    },
    change(with_: Partial<Subscription>) {
      subscription = { ...subscription, ...with_ };
    },
    held: () => subscription.held,
    told: () =>
      [...resourceStatuses(subscription, history.now.select(asked))].map(({ name, version, config, client, reason }) =>
        [name, version.slice(0, 6), config, client, ...(reason === undefined ? [] : [reason])].join(' '),
      ),
  };
}

const short = (resource: Resource): string => versionOf(resource).slice(0, 6);

test.each(['sotw', 'delta'] as const)('what goes away is told until the Envoy has let it go: %s', (variant) => {
  const type = served(XDS_TYPES.CDS, variant);
  type.serve(ONE, TWO);
  type.send();
  type.take();
  type.serve(ONE);
  expect(type.told()).toEqual([`one ${short(ONE)} synced acked`, `two ${short(TWO)} not-sent acked`]);
  type.send();
  expect(type.told()).toEqual([`one ${short(ONE)} synced acked`, `two ${short(TWO)} stale acked`]);
  type.take();
  expect(type.told()).toEqual([`one ${short(ONE)} synced acked`]);
});

test('a removal that is refused is told as such', () => {
  const type = served(XDS_TYPES.CDS, 'delta');
  type.serve(ONE, TWO);
  type.send();
  type.take();
  type.serve(ONE);
  type.send();
  type.refuse('two is needed');
  expect(type.told()).toEqual([`one ${short(ONE)} synced acked`, `two ${short(TWO)} error nacked two is needed`]);
});

test('an answer that was overtaken is not the one that is served', () => {
  const type = served(XDS_TYPES.CDS, 'sotw');
  type.serve(ONE);
  type.send();
  const next = edsCluster('one', { connectTimeout: '2s' });
  type.serve(next);
  expect(type.told()).toEqual([`one ${short(next)} not-sent requested`]);
  type.take();
  expect(type.told()).toEqual([`one ${short(next)} not-sent unknown`]);
  type.send();
  type.refuse('no');
  expect(type.told()).toEqual([`one ${short(next)} error nacked no`]);
  // What was refused is no longer served.
  type.serve(TWO);
  expect(type.told()[0]).toBe(`two ${short(TWO)} not-sent requested`);
});

test('a version that nobody here knows says nothing of what is held', () => {
  const clusters = served(XDS_TYPES.CDS, 'sotw');
  clusters.serve(ONE);
  clusters.change({ heldVersion: 'of another control plane' });
  expect(clusters.told()).toEqual([`one ${short(ONE)} not-sent unknown`]);
  // The same, and it was guessed what it may hold at most.
  clusters.send();
  const most = clusters.held();
  clusters.take();
  clusters.change({ heldVersion: 'of another control plane' });
  expect(clusters.held()).not.toBe(most);
  expect(clusters.told()).toEqual([`one ${short(ONE)} not-sent unknown`]);
});

test('what an Envoy is in doubt about is unknown, whether it is served or not', () => {
  const hosts = endpoints('one', 80);
  const type = served(XDS_TYPES.EDS, 'delta', names.changed(names.nothing, ['one'], []));
  type.serve(hosts);
  type.send();
  type.take();
  expect(type.told()).toEqual([`one ${short(hosts)} synced acked`]);
  type.change({ held: type.held().doubting(['one'], true) });
  expect(type.told()).toEqual([`one ${short(hosts)} not-sent unknown`]);
  type.serve();
  expect(type.told()).toEqual(['one  not-sent unknown']);
});
