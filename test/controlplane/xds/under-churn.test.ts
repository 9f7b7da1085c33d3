import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { ModelWire, modelGroup, modelSnapshot } from './model-wire.ts';
import { encodeDeltaRequest, encodeRequest } from './raw-client.ts';

// Hosts change all the time, faster than a node answers: there is always an answer with endpoints under way, or one to be sent.

const { CDS, EDS, LDS } = XDS_TYPES;
const SHORT: Readonly<Record<string, string>> = { [CDS]: 'clusters', [EDS]: 'endpoints', [LDS]: 'listeners' };
type Content = {
  readonly clusters: Readonly<Record<string, string>>;
  readonly hosts: number;
  readonly listener: string;
};

/** A node with clusters, their endpoints and a listener; `holds`: what it has taken of each type. */
function churned(variant: 'sotw' | 'delta', drainMs = 0) {
  const group = modelGroup(drainMs);
  const wire = new ModelWire(group, variant, undefined);
  const last = new Map<string, { version: string; nonce: string }>();
  const say = (typeUrl: string, names: readonly string[], isFirst: boolean): void => {
    const { version = '', nonce = '' } = last.get(typeUrl) ?? {};
    const asked = typeUrl === EDS ? names : [];
    wire.toServer.push(
      Buffer.from(
        variant === 'sotw'
          ? encodeRequest({ node: 'n', typeUrl, version, nonce, names: asked })
          : encodeDeltaRequest({ node: 'n', typeUrl, ...(isFirst ? { subscribe: asked } : { nonce }) }),
      ),
    );
    wire.carry();
  };
  const held = new Map<string, ReadonlySet<string>>();
  const open: string[] = [];
  return {
    serve({ clusters, hosts, listener }: Content): void {
      group.setSnapshot(
        modelSnapshot(`${JSON.stringify(clusters)} ${hosts} ${listener}`, {
          [CDS]: new Map(Object.entries(clusters)),
          [EDS]: new Map(Object.keys(clusters).map((name) => [name, `${hosts}`])),
          [LDS]: new Map([['edge', listener]]),
        }),
      );
    },
    first: (typeUrl: string, names: readonly string[] = []) => say(typeUrl, names, true),
    /** Takes the oldest answer that is not taken yet; undefined where there is none. */
    take(names: readonly string[]): string | undefined {
      const typeUrl = open.shift();
      if (typeUrl !== undefined) say(typeUrl, names, false);
      return typeUrl && SHORT[typeUrl];
    },
    /** What came since. */
    async told(): Promise<readonly string[]> {
      await turn();
      await turn();
      return wire.toClient.splice(0).map(({ typeUrl, version, nonce, resources, removed }) => {
        last.set(typeUrl, { version, nonce });
        open.push(typeUrl);
        const before = variant === 'sotw' && typeUrl !== EDS ? [] : (held.get(typeUrl) ?? []);
        held.set(typeUrl, new Set([...before, ...resources.keys()].filter((name) => !removed.includes(name))));
        return SHORT[typeUrl] ?? typeUrl;
      });
    },
    holds: (typeUrl: string) => [...(held.get(typeUrl) ?? [])].sort(),
  };
}

const NAMES = ['a', 'b'];
const START: Content = { clusters: { a: '1', b: '1' }, hosts: 1, listener: '1' };

async function settled(variant: 'sotw' | 'delta', drainMs?: number) {
  const node = churned(variant, drainMs);
  node.serve(START);
  for (const type of [CDS, EDS, LDS]) node.first(type, NAMES);
  do await node.told();
  while (node.take(NAMES));
  expect([node.holds(CDS), node.holds(LDS)]).toEqual([NAMES, ['edge']]);
  return node;
}

describe.each(['sotw', 'delta'] as const)('%s', (variant) => {
  test('a listener waits for the clusters that came with it, and not for hosts that change after them', async () => {
    const node = await settled(variant);
    node.serve({ ...START, hosts: 2 });
    expect(await node.told()).toEqual(['endpoints']);
    let content: Content = { clusters: { a: '1', b: '2' }, hosts: 3, listener: '2' };
    node.serve(content);
    const seen = [...(await node.told())];
    expect(seen).toEqual(['clusters']);
    for (let round = 0; round < 6 && !seen.includes('listeners'); round += 1) {
      content = { ...content, hosts: content.hosts + 1 };
      node.serve(content);
      expect(node.take(NAMES)).toBeDefined();
      seen.push(...(await node.told()));
    }
    expect(seen.at(-1)).toBe('listeners');
    expect(seen.slice(0, 3)).toEqual(['clusters', 'endpoints', 'endpoints']);
  });

  test('a listener waits for endpoints that were asked for since', async () => {
    const node = await settled(variant);
    node.serve({ clusters: { a: '1', b: '1', c: '1' }, hosts: 1, listener: '2' });
    expect(await node.told()).toEqual(['clusters']);
    node.first(EDS, variant === 'sotw' ? [...NAMES, 'c'] : ['c']);
    expect(await node.told()).toEqual(['endpoints']);
    // Clusters are taken first, as by a client that does not wait for their endpoints.
    expect(node.take([...NAMES, 'c'])).toBe('clusters');
    expect(await node.told()).toEqual([]);
    expect(node.take([...NAMES, 'c'])).toBe('endpoints');
    expect(await node.told()).toEqual(['listeners']);
  });

  test('what nothing names any more goes, though hosts change', async () => {
    const node = await settled(variant);
    let content: Content = { clusters: { a: '1' }, hosts: 2, listener: '2' };
    node.serve(content);
    await node.told();
    // The listener that was replaced has its time, though none at all: on a fast machine that is many rounds.
    for (const endsAt = performance.now() + 15_000; node.holds(CDS).length > 1 && performance.now() < endsAt; ) {
      content = { ...content, hosts: content.hosts + 1 };
      node.serve(content);
      node.take(NAMES);
      await node.told();
    }
    expect(node.holds(CDS)).toEqual(['a']);
  });

  test('the time of a replaced listener ends before a node is told of what is served since: what is in use stays', async () => {
    const node = await settled(variant, 1);
    node.serve({ clusters: { a: '1' }, hosts: 1, listener: '2' });
    expect(await node.told()).toEqual(['listeners']);
    node.take(NAMES);
    const since = performance.now();
    while (performance.now() - since < 20);
    // Nodes are told in the next turn; a timer that has ended comes first.
    node.serve({ clusters: { b: '1' }, hosts: 1, listener: '3' });
    await node.told();
    expect(node.holds(CDS)).toEqual(NAMES);
  });

  test('a change of hosts does not cut the time short that a replaced listener has', async () => {
    const node = await settled(variant, 3_600_000);
    node.serve({ clusters: { a: '1' }, hosts: 2, listener: '2' });
    do await node.told();
    while (node.take(NAMES));
    expect([node.holds(CDS), node.holds(LDS)]).toEqual([NAMES, ['edge']]);
    node.serve({ clusters: { a: '1' }, hosts: 3, listener: '2' });
    do await node.told();
    while (node.take(NAMES));
    node.serve({ clusters: { a: '2' }, hosts: 3, listener: '2' });
    do await node.told();
    while (node.take(NAMES));
    expect(node.holds(CDS)).toEqual(NAMES);
  });
});
