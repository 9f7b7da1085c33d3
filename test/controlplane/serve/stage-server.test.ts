import * as grpc from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { UNASKED_AFTER_MS } from '../../../controlplane/fleet/fleet-tracker.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { storeFleetSink } from '../../../pipeline/observe/store-fleet-sink.ts';
import { storeFleetView } from '../../../pipeline/observe/store-fleet-view.ts';
import { fleetStore } from '../../pipeline/observe/fleet-store.ts';
import { rawClient } from '../xds/raw-client.ts';
import { edsCluster, listener, rds } from '../xds/small-mesh.ts';
import { memorySource, STAGE, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';

const { CDS } = XDS_TYPES;
const WITHIN_MS = 30_000;
// Each test starts a database, which takes seconds where all cores are busy.
vi.setConfig({ testTimeout: 90_000 });
const nothing = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, nothing, probe);

const FIRST = snapshotOf(edsCluster('one'));
const SECOND = snapshotOf(edsCluster('one'), edsCluster('two'));

async function serving(node = {}, aheadMs = () => 0) {
  const store = await fleetStore();
  const source = memorySource();
  const said: string[] = [];
  const nowEpochMs = () => Date.now() + aheadMs();
  const server = await serveStage({
    node,
    source,
    sink: storeFleetSink(store),
    nowEpochMs,
    say: (line) => said.push(line),
  });
  const view = storeFleetView(store, nowEpochMs);
  return {
    server,
    source,
    store,
    said,
    nodes: () => view.nodes(STAGE),
    controlPlane: async () => (await view.controlPlanes(STAGE))[0],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Asks for clusters and says what a node says to the answers. */
function clusterNode(port: number, node: string) {
  const client = rawClient(port);
  client.send({ node, typeUrl: CDS });
  return {
    ...client,
    answer: (count: number) => soon(`answer ${count}`, async () => client.answers[count - 1]),
    ack: (nonce: string, version: string) => client.send({ typeUrl: CDS, nonce, version }),
    nack: (nonce: string, error: string) => client.send({ typeUrl: CDS, nonce, error }),
  };
}

test('what the source holds is served, a change of it as well, and the store says who took it', async () => {
  await using fleet = await serving();
  fleet.source.hold(FIRST);
  using node = clusterNode(fleet.server.port, 'edge-1');
  const first = await node.answer(1);
  expect(first.resources).toBe(1);
  node.ack(first.nonce, first.versionInfo);
  const applied = await soon('applied', async () => (await fleet.nodes()).find(({ state }) => state === 'applied'));
  expect(applied).toMatchObject({ nodeId: 'edge-1', servedDigest: FIRST.digest, nacks: [] });

  fleet.source.hold(SECOND);
  const second = await node.answer(2);
  expect(second.resources).toBe(2);
  const pending = await soon('pending', async () => (await fleet.nodes()).find(({ state }) => state === 'pending'));
  expect(pending).toMatchObject({ servedDigest: SECOND.digest, connectedSinceEpochMs: applied.connectedSinceEpochMs });
  node.nack(second.nonce, 'two: the words of Envoy\0');
  const refused = await soon('refused', async () => (await fleet.nodes()).find(({ state }) => state === 'refused'));
  expect(refused.nacks).toEqual([
    { typeUrl: CDS, resourceNames: ['one', 'two'], errorDetail: 'two: the words of Envoy\ufffd' },
  ]);
  expect(await fleet.controlPlane()).toMatchObject({ servedDigest: SECOND.digest, problem: undefined });
  node.vanish();
  await soon('gone', async () => (await fleet.nodes()).find(({ state }) => state === 'gone'));
});

test('a client that takes clusters alone: pending while it may ask for more, then applied; and what it refuses is a refusal', async () => {
  let aheadMs = 0;
  await using fleet = await serving({}, () => aheadMs);
  fleet.source.hold(snapshotOf(edsCluster('one'), listener('edge', rds('edge'))));
  using node = clusterNode(fleet.server.port, 'proxyless-1');
  const state = (wanted: string) =>
    soon(wanted, async () => (await fleet.nodes()).find((each) => each.state === wanted));
  const first = await node.answer(1);
  node.ack(first.nonce, first.versionInfo);
  await state('pending');
  aheadMs = UNASKED_AFTER_MS;
  // Whatever it says, it is looked at.
  node.ack(first.nonce, first.versionInfo);
  await state('applied');
  fleet.source.hold(snapshotOf(edsCluster('one'), edsCluster('two'), listener('edge', rds('edge'))));
  const second = await node.answer(2);
  node.nack(second.nonce, 'two: the words of the client');
  expect((await state('refused')).nacks).toMatchObject([{ typeUrl: CDS, errorDetail: 'two: the words of the client' }]);
});

test('the last good one is served on while the source is gone or foreign, and the store says why', async () => {
  await using fleet = await serving();
  const problem = (pattern: RegExp) =>
    soon(`problem ${pattern}`, async () => {
      const state = await fleet.controlPlane();
      return pattern.test(state?.problem ?? '') ? state : undefined;
    });
  expect(await problem(/nothing was delivered; nothing is served/)).toMatchObject({ servedDigest: undefined });
  fleet.source.hold(FIRST);
  const good = await soon('served', async () => {
    const state = await fleet.controlPlane();
    return state?.servedDigest && !state.problem ? state : undefined;
  });
  expect(good.servedDigest).toBe(FIRST.digest);

  fleet.source.spoil('somebody was here');
  expect(await problem(/somebody was here; [0-9a-f]{12} is served on/)).toMatchObject({ servedDigest: FIRST.digest });
  fleet.source.hold({ ...SECOND, digest: FIRST.digest.replaceAll(/[0-9]/g, '0') as typeof FIRST.digest });
  expect(await problem(/the manifest says digest/)).toMatchObject({ servedDigest: FIRST.digest });
  fleet.source.hold(snapshotOf({ ...edsCluster('one'), body: { name: 'one', connectTimeout: 'never' } }));
  expect(await problem(/does not decode/)).toMatchObject({ servedDigest: FIRST.digest });
  fleet.source.setGone(true);
  expect(await problem(/memory cannot be read: nobody answers/)).toMatchObject({ servedDigest: FIRST.digest });
  using node = clusterNode(fleet.server.port, 'new-one');
  expect((await node.answer(1)).resources).toBe(1);

  fleet.source.hold(SECOND);
  fleet.source.setGone(false);
  const back = await soon('back', async () => {
    const state = await fleet.controlPlane();
    return state?.servedDigest === SECOND.digest && !state.problem ? state : undefined;
  });
  expect(back.problem).toBeUndefined();
});

test('a node of another stage is refused and told why', async () => {
  await using fleet = await serving({ cluster: 'shop', metadata: { track: 'canary' } });
  fleet.source.hold(FIRST);
  using node = clusterNode(fleet.server.port, 'stranger');
  const { code, details } = await node.ended;
  expect(code).toBe(grpc.status.PERMISSION_DENIED);
  expect(details).toBe('node stranger is not of stage canary: node.cluster is ""; want "shop"');
  expect(fleet.server.state().nodes).toEqual([]);
  expect(fleet.said).toContain(`refused: ${details}`);
});

test('nodes are served while the store is gone, and what they said meanwhile is stored after', async () => {
  await using fleet = await serving();
  fleet.source.hold(FIRST);
  await soon('stored', fleet.controlPlane);
  fleet.store.setGone(true);
  using node = clusterNode(fleet.server.port, 'edge-1');
  const first = await node.answer(1);
  node.nack(first.nonce, 'no');
  await soon('said', async () => fleet.said.find((line) => /cannot be stored: the database is gone/.test(line)));
  fleet.source.hold(SECOND);
  expect((await node.answer(2)).resources).toBe(2);
  fleet.store.setGone(false);
  const stored = await soon('stored after all', async () => (await fleet.nodes())[0]);
  expect(stored).toMatchObject({ nodeId: 'edge-1', servedDigest: SECOND.digest });
  expect(fleet.said).toContain('fleet state is stored again');
});

test('two Envoys of one id are both served, and both are told of', async () => {
  await using fleet = await serving();
  fleet.source.hold(FIRST);
  using one = clusterNode(fleet.server.port, 'twin');
  await one.answer(1);
  using two = clusterNode(fleet.server.port, 'twin');
  await two.answer(1);
  for (const node of [one, two]) {
    const { nonce, versionInfo } = await node.answer(1);
    node.ack(nonce, versionInfo);
  }
  fleet.source.hold(SECOND);
  for (const node of [one, two]) expect((await node.answer(2)).resources).toBe(2);
  const names = await soon('both', async () => {
    const found = (await fleet.nodes()).map(({ nodeId }) => nodeId);
    return found.length === 2 ? found : undefined;
  });
  expect(names).toEqual(['twin', 'twin (2)']);
});
