import { expect, test } from 'vitest';
import { type ExchangeSums, noExchanges } from '../../../controlplane/telemetry/edge-sums.ts';
import { EDGE_LIMITS, type EdgeLimits, EdgeWindows } from '../../../controlplane/telemetry/edge-windows.ts';

const WINDOW = EDGE_LIMITS.windowMs;
const START = 1_800_000_000_000 - (1_800_000_000_000 % WINDOW);
const requests = (count: number): ExchangeSums => ({ ...noExchanges(), requests: count });

function windows(limits: Partial<EdgeLimits> = {}) {
  const edges = new EdgeWindows({ ...EDGE_LIMITS, ...limits });
  return {
    edges,
    add: (atMs: number, count = 1, destination = 'cart') =>
      edges.add('web', destination, 'caller', requests(count), START + atMs),
    take: (atMs: number) => edges.takeChanged(START + atMs),
    told: (taken: ReturnType<EdgeWindows['takeChanged']>) =>
      taken.map((edge) => `${(edge.fromEpochMs - START) / WINDOW} ${edge.destination} ${edge.requests}`),
  };
}

test('a window is given whole each time that it grew, and not again when it did not', () => {
  const { add, take, told } = windows();
  add(1_000, 2);
  expect(told(take(5_000))).toEqual(['0 cart 2']);
  expect(told(take(10_000))).toEqual([]);
  add(11_000, 3);
  expect(told(take(12_000))).toEqual([]); // not that often
  expect(told(take(15_000))).toEqual(['0 cart 5']);
  add(WINDOW - 1, 1);
  add(WINDOW, 7);
  expect(told(take(WINDOW + 1_000))).toEqual(['0 cart 6', '1 cart 7']);
});

test('while the store is gone, windows wait as they grow; beyond their number the oldest are lost, and counted', () => {
  const { edges, add, take, told } = windows({ maxWaiting: 3, keptMs: WINDOW });
  add(0, 1);
  const first = take(5_000);
  add(6_000, 1);
  edges.giveBack(first);
  expect(told(take(10_000))).toEqual(['0 cart 2']);

  for (let minute = 1; minute <= 5; minute += 1) {
    add(minute * WINDOW, minute);
    edges.giveBack(take(minute * WINDOW + 5_000));
  }
  const waiting = take(6 * WINDOW);
  expect(told(waiting)).toEqual(['3 cart 3', '4 cart 4', '5 cart 5']);
  // The first was stored.
  expect(edges.lost).toBe(2);
  expect(take(8 * WINDOW)).toEqual([]);
  expect(edges.since(START)).toEqual([]);
});

test('what is stored is shown for a while; an answer that came too late is counted as lost', () => {
  const { edges, add, take } = windows({ keptMs: 2 * WINDOW });
  add(0);
  const taken = take(WINDOW);
  take(2 * WINDOW);
  expect(edges.since(START)).toHaveLength(1);
  take(3 * WINDOW);
  expect(edges.since(START)).toHaveLength(0);
  edges.giveBack(taken);
  expect(edges.lost).toBe(1);
});
