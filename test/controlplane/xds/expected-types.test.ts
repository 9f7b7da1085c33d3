import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { NodeGroup } from '../../../controlplane/xds/node-group.ts';
import type { Variant } from '../../../controlplane/xds/response-frame.ts';
import { isFullState, XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { ModelSubscription } from './model-client.ts';
import { ModelWire, modelGroup, modelSnapshot } from './model-wire.ts';

// What a node holds of types that it has not asked for again yet may name what goes away.

const { CDS, LDS, RDS, RTDS } = XDS_TYPES;

const mesh = (clusters: readonly string[], route: string) =>
  modelSnapshot(`${clusters} ${route}`, {
    [RTDS]: new Map([['flags', '1']]),
    [CDS]: new Map(clusters.map((name) => [name, '1'])),
    [LDS]: new Map([['edge', '1']]),
    [RDS]: new Map([['r', route]]),
  });
const BEFORE = mesh(['new', 'old'], 'to-old');
const AFTER = mesh(['new'], 'to-new');

/** A node that takes all that it is sent, and what it holds. */
function nodeOf(variant: Variant) {
  let wires = new Map<string, ModelWire>();
  const subscription = (typeUrl: string, ...names: readonly string[]) =>
    new ModelSubscription(typeUrl, variant, isFullState(typeUrl), isFullState(typeUrl) ? undefined : names, (bytes) =>
      wires.get(typeUrl)?.toServer.push(bytes),
    );
  const all = {
    [RTDS]: subscription(RTDS, 'flags'),
    [CDS]: subscription(CDS),
    [LDS]: subscription(LDS),
    [RDS]: subscription(RDS, 'r'),
  };
  const settle = async (): Promise<void> => {
    for (let idle = 0; idle < 4; ) {
      let moved = false;
      for (const wire of wires.values()) {
        const isCarried = wire.carry();
        const response = isCarried ? undefined : wire.toClient.shift();
        if (response)
          Object.values(all)
            .find(({ typeUrl }) => typeUrl === response.typeUrl)
            ?.take(response);
        moved ||= isCarried || response !== undefined;
      }
      if (!moved) await turn();
      idle = moved ? 0 : idle + 1;
    }
  };
  return {
    all,
    settle,
    connect(group: NodeGroup, streams: 'aggregated' | 'separate' = 'aggregated'): void {
      for (const wire of wires.values()) wire.close();
      const one = new ModelWire(group, variant, undefined);
      wires = new Map(
        Object.keys(all).map((type) => [type, streams === 'separate' ? new ModelWire(group, variant, type) : one]),
      );
    },
    /** Asks for these types, for the first time on their stream, one after the other. */
    async asks(...typeUrls: readonly (keyof typeof all)[]): Promise<void> {
      for (const typeUrl of typeUrls) {
        all[typeUrl].open('n');
        await settle();
      }
    },
    get clusters(): readonly string[] {
      return [...all[CDS].held.keys()].toSorted();
    },
  };
}

async function served(variant: Variant) {
  const group = modelGroup();
  group.setSnapshot(BEFORE);
  const node = nodeOf(variant);
  node.connect(group);
  await node.asks(RTDS, CDS, LDS, RDS);
  expect(node.clusters).toEqual(['new', 'old']);
  return { group, node };
}

/** Another control plane, which serves what comes next and does not know the node. */
function successor(): NodeGroup {
  const group = modelGroup();
  group.remember([BEFORE]);
  group.setSnapshot(AFTER);
  return group;
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(['sotw', 'delta'] as const)('%s', (variant) => {
  test('a control plane that does not know a node takes no cluster from it before it has said what its routes are, whatever it asks for first', async () => {
    const { node } = await served(variant);
    const next = successor();
    node.connect(next);
    // As an Envoy with a layer of its runtime from there.
    await node.asks(RTDS, CDS);
    expect(node.clusters).toEqual(['new', 'old']);
    await node.asks(LDS, RDS);
    await expect.poll(() => node.settle().then(() => node.clusters)).toEqual(['new']);
    expect(node.all[RDS].held.get('r')).toBe('to-new');
  });

  test('a type of which a node wants nothing any more when it comes back holds back nothing for ever', async () => {
    const { group, node } = await served(variant);
    node.all[RDS].unsubscribe('r');
    await node.settle();
    group.setSnapshot(AFTER);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    node.connect(group);
    await node.asks(RTDS, CDS, LDS);
    expect(node.clusters).toEqual(['new', 'old']);
    for (let second = 0; second < 6; second += 1) {
      vi.advanceTimersByTime(1_000);
      await node.settle();
    }
    expect(node.clusters).toEqual(['new']);
  });

  test('nor when it came and went before it was known what it wants', async () => {
    const { node } = await served(variant);
    const next = successor();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    for (let times = 0; times < 2; times += 1) {
      node.connect(next);
      await node.asks(CDS, LDS);
      expect(node.clusters).toEqual(['new', 'old']);
    }
    for (let second = 0; second < 6; second += 1) {
      vi.advanceTimersByTime(1_000);
      await node.settle();
    }
    expect(node.clusters).toEqual(['new']);
  });

  test('streams of their own are waited for as long as an Envoy waits before it opens them again', async () => {
    const { node } = await served(variant);
    const next = successor();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    node.connect(next, 'separate');
    await node.asks(CDS, LDS);
    vi.advanceTimersByTime(30_000);
    await node.settle();
    expect(node.clusters).toEqual(['new', 'old']);
    await node.asks(RDS);
    vi.advanceTimersByTime(1);
    await node.settle();
    expect([node.clusters, node.all[RDS].held.get('r')]).toEqual([['new'], 'to-new']);
  });
});
