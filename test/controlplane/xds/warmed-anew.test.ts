import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ServedResource, ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { ModelWire, modelGroup } from './model-wire.ts';
import { encodeDeltaRequest, encodeRequest } from './raw-client.ts';

// Envoy warms a cluster that changed as a new one, and takes no clusters until it has been told of its endpoints, whether or not they changed.

const { CDS, EDS } = XDS_TYPES;
const VARIANTS = ['sotw', 'delta'] as const;

const one = (name: string, version: string, more: Partial<ServedResource> = {}): ServedResource => ({
  name,
  version,
  bytes: new TextEncoder().encode(`${name}@${version}`),
  ...more,
});

/** Clusters by name and version, and those of which the endpoints are another version than 1. */
const mesh = (
  clusters: Readonly<Record<string, string>>,
  endpoints: Readonly<Record<string, string>> = {},
): ServedSnapshot => ({
  digest: JSON.stringify([clusters, endpoints]),
  resources: new Map([
    [CDS, Object.entries(clusters).map(([name, version]) => one(name, version, { endpoints: `${name}-hosts` }))],
    [EDS, Object.keys(clusters).map((name) => one(`${name}-hosts`, endpoints[name] ?? '1'))],
  ]),
});

type Said = { readonly holds?: Readonly<Record<string, string>>; readonly more?: readonly string[] };

/** A stream of a node that asks for all clusters, and for endpoints by name. */
function nodeOf(variant: (typeof VARIANTS)[number], group = modelGroup()) {
  const wire = new ModelWire(group, variant, undefined);
  const last = new Map<string, { version: string; nonce: string }>();
  let names: readonly string[] = [];
  const say = (typeUrl: string, { holds = {}, more = [] }: Said = {}): void => {
    const { version = '', nonce = '' } = last.get(typeUrl) ?? {};
    if (typeUrl === EDS) names = [...names, ...more];
    wire.toServer.push(
      Buffer.from(
        variant === 'sotw'
          ? encodeRequest({ node: 'n', typeUrl, version, nonce, names: typeUrl === EDS ? names : [] })
          : encodeDeltaRequest({ node: 'n', typeUrl, subscribe: more, holds, ...(more.length > 0 ? {} : { nonce }) }),
      ),
    );
    wire.carry();
  };
  return {
    group,
    say,
    /** What came since, in order: the type, and the names in it. It is not taken yet. */
    async told() {
      await turn();
      await turn();
      return wire.toClient.splice(0).map(({ typeUrl, version, nonce, resources }) => {
        last.set(typeUrl, { version, nonce });
        return [typeUrl === CDS ? 'clusters' : 'endpoints', ...resources.keys()];
      });
    },
  };
}

/** A node that has two clusters with their endpoints. */
async function settled(variant: (typeof VARIANTS)[number]) {
  const node = nodeOf(variant);
  node.group.setSnapshot(mesh({ a: '1', b: '1' }));
  node.say(CDS);
  await node.told();
  node.say(CDS);
  node.say(EDS, { more: ['a-hosts', 'b-hosts'] });
  await node.told();
  node.say(EDS);
  expect(await node.told()).toEqual([]);
  return node;
}

describe.each(VARIANTS)('%s: endpoints of a cluster that changed are told anew', (variant) => {
  const clusters = (changed: string, ...others: readonly string[]): readonly string[] =>
    variant === 'sotw' ? ['clusters', ...[changed, ...others].sort()] : ['clusters', changed];

  test('with it, unasked, and those of others are not', async () => {
    const node = await settled(variant);
    node.group.setSnapshot(mesh({ a: '2', b: '1' }));
    expect(await node.told()).toEqual([clusters('a', 'b'), ['endpoints', 'a-hosts']]);
    node.say(EDS);
    node.say(CDS);
    expect(await node.told()).toEqual([]);
  });

  test('also where another is added', async () => {
    const node = await settled(variant);
    node.group.setSnapshot(mesh({ a: '2', b: '1', c: '1' }));
    expect((await node.told()).at(-1)).toEqual(['endpoints', 'a-hosts']);
    node.say(EDS);
    node.say(EDS, { more: ['c-hosts'] });
    expect(await node.told()).toEqual([['endpoints', 'c-hosts']]);
    node.say(EDS);
    node.say(CDS);
    expect(await node.told()).toEqual([]);
  });

  test('once those that are under way are taken', async () => {
    const node = await settled(variant);
    node.group.setSnapshot(mesh({ a: '1', b: '1' }, { b: '2' }));
    expect(await node.told()).toEqual([['endpoints', 'b-hosts']]);
    node.group.setSnapshot(mesh({ a: '2', b: '1' }, { b: '2' }));
    expect(await node.told()).toEqual([clusters('a', 'b')]);
    node.say(EDS);
    expect(await node.told()).toEqual([['endpoints', 'a-hosts']]);
  });
});

test.each([
  ['2', [['endpoints', 'a-hosts']]],
  ['1', []],
])('a node that comes back and holds clusters of version 1, where a is %s', async (version, endpoints) => {
  const node = nodeOf('delta');
  node.group.setSnapshot(mesh({ a: version, b: '1' }));
  node.say(CDS, { holds: { a: '1', b: '1' } });
  node.say(EDS, { more: ['a-hosts', 'b-hosts'], holds: { 'a-hosts': '1', 'b-hosts': '1' } });
  expect((await node.told()).filter(([type]) => type === 'endpoints')).toEqual(endpoints);
});
