import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptedCounts, binomialMass, probabilityOutside } from '../../../../conformance/checks/judge/binomial.ts';
import {
  FALSE_ALARM,
  leastRequests,
  POWER,
  shareTolerance,
  untoldShare,
} from '../../../../conformance/checks/judge/share-tolerance.ts';

/** A small seeded generator (mulberry32), so that a run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Counts per cluster of `requests` that are each sent by chance, as Envoy's weighted clusters do it. */
function simulate(
  shares: Readonly<Record<string, number>>,
  requests: number,
  random: () => number,
): Map<string, number> {
  const counts = new Map<string, number>();
  const entries = Object.entries(shares);
  for (let sent = 0; sent < requests; sent += 1) {
    let draw = random() * 100;
    const [cluster = ''] =
      entries.find(([, percent]) => {
        draw -= percent;
        return draw < 0;
      }) ??
      entries.at(-1) ??
      [];
    counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  }
  return counts;
}
const isRefused = (stated: Readonly<Record<string, number>>, counts: Map<string, number>, requests: number): boolean =>
  [...shareTolerance(stated, requests)].some(([cluster, { low, high }]) => {
    const count = counts.get(cluster) ?? 0;
    return count < low || count > high;
  });

test('the masses are those of the binomial distribution', () => {
  expect(binomialMass(10, 0.5, 5)).toBeCloseTo(252 / 1024, 12);
  expect(binomialMass(3, 0.2, 0)).toBeCloseTo(0.512, 12);
  expect(probabilityOutside(100_000, 0.1, { low: 0, high: 100_000 })).toBeLessThan(1e-6);
});

test('chance alone refuses no more often than stated, for any shares and number of requests', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 2, max: 5 }),
      (requests, perMyriad, clusters) => {
        const tail = FALSE_ALARM / (2 * clusters);
        const range = acceptedCounts(requests, perMyriad / 10_000, tail);
        // Summed from the inside there is rounding of about 1e-12.
        expect(probabilityOutside(requests, perMyriad / 10_000, range)).toBeLessThanOrEqual(2 * tail + 1e-9);
        expect(range.low).toBeLessThanOrEqual(range.high);
      },
    ),
    { seed: 20_261, numRuns: 200 },
  );
});

describe.each([{ shares: { a: 90, b: 10 } }, { shares: { a: 50, b: 50 } }, { shares: { a: 70, b: 20, c: 10 } }])(
  'shares $shares',
  ({ shares }) => {
    const requests = leastRequests(shares) ?? 0;

    test('the least number of requests is enough, and a fifth less is not', () => {
      expect(untoldShare(shares, requests)).toBeUndefined();
      expect(untoldShare(shares, Math.floor(requests * 0.8))).toBeDefined();
    });

    test('no false alarm in 2,000 simulated checks of a mesh that is right', () => {
      const random = seeded(7);
      for (let run = 0; run < 2_000; run += 1)
        expect(isRefused(shares, simulate(shares, requests, random), requests)).toBe(false);
    });

    test.each(Object.keys(shares))(
      'a mesh that sends half, or double, to %s is refused in nine of ten checks',
      (cluster) => {
        const random = seeded(11);
        const stated = shares as Readonly<Record<string, number>>;
        const percent = stated[cluster] ?? 0;
        for (const other of [percent / 2, Math.min(100, percent * 2)]) {
          const others = Object.entries(stated).filter(([name]) => name !== cluster);
          const actual = {
            ...Object.fromEntries(others.map(([name, share]) => [name, (share * (100 - other)) / (100 - percent)])),
            [cluster]: other,
          };
          let refused = 0;
          for (let run = 0; run < 300; run += 1)
            if (isRefused(stated, simulate(actual, requests, random), requests)) refused += 1;
          // Of 300 runs at 0.9, fewer than 245 come about once in a million; seeded, so always the same.
          expect(refused / 300).toBeGreaterThan(POWER - 0.085);
        }
      },
    );
  },
);

test('shares of all and nothing need no patience; a share too small for any number is said to be', () => {
  expect(untoldShare({ a: 100, b: 0 }, 1)).toBeUndefined();
  expect(leastRequests({ a: 99.999, b: 0.001 })).toBeUndefined();
});
