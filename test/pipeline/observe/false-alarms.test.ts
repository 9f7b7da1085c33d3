import { describe, expect, test } from 'vitest';
import { LATENCY_BOUNDS_MS } from '../../../controlplane/fleet/traffic-sums.ts';
import type { TrafficSample } from '../../../pipeline/observe/fleet-view.ts';
import { judgeTraffic } from '../../../pipeline/observe/judge-traffic.ts';
import { fisherGreater } from '../../../pipeline/observe/statistics/fisher.ts';
import { STAGE, sample } from './fake-fleet.ts';
import { binomial, randomOf } from './seeded.ts';

const RUNS = 1_000;
const LOOKS = 12;
const BEFORE = 60;
/** Three standard errors above `rate`: a simulation of so many runs says no more than that. */
const atMost = (rate: number): number => rate + 3 * Math.sqrt((rate * (1 - rate)) / RUNS);

type World = (random: () => number, after: boolean) => Pick<TrafficSample, 'requests' | 'failures' | 'latencyCounts'>;

/** The share of runs in which somebody who looks at every new sample sees harm of that rule. */
function alarms(
  world: World,
  rule: string,
  significance: number,
  tolerance = { failureShare: 0, latencyFactor: 1, latencyGrowthMs: 0 },
): number {
  const random = randomOf(20_261_122);
  const side = (count: number, after: boolean): TrafficSample[] =>
    Array.from({ length: count }, (_, index) => ({ ...sample(index * 5_000, 0), ...world(random, after) }));
  let alarmed = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const before = side(BEFORE, false);
    const after = side(LOOKS, true);
    for (let looked = 1; looked <= LOOKS; looked += 1) {
      const { harm } = judgeTraffic({
        stage: STAGE,
        settings: { minRequests: 100, significance, tolerance, withoutTraffic: false },
        before,
        after: after.slice(0, looked),
        first: false,
        looks: LOOKS,
        last: looked === LOOKS,
      });
      if (!harm.some((finding) => finding.rule === rule)) continue;
      alarmed += 1;
      break;
    }
  }
  return alarmed / RUNS;
}

const failing =
  (before: number, after: number, requests = 200): World =>
  (random, isAfter) => ({
    requests,
    failures: binomial(random, requests, isAfter ? after : before),
    latencyCounts: [],
  });

/** One interval in ten is an outage in which a fifth of all requests fails. */
const inBursts: World = (random) => ({
  requests: 200,
  failures: binomial(random, 200, random() < 0.1 ? 0.2 : 0.001),
  latencyCounts: [],
});

/** So large a share takes between 2 and 5 s, all others between 5 and 10 ms. */
const slow =
  (before: number, after: number): World =>
  (random, isAfter) => {
    const late = binomial(random, 200, isAfter ? after : before);
    const latencyCounts = [...LATENCY_BOUNDS_MS, 0].map((bound) =>
      bound === 10 ? 200 - late : bound === 5_000 ? late : 0,
    );
    return { requests: 200, failures: 0, latencyCounts };
  };

describe('false alarms, looking at every sample', () => {
  test.each([0.001, 0.01, 0.1])('failures of a steady rate of %d', (rate) => {
    expect(alarms(failing(rate, rate), 'fleet-failures', 0.05)).toBeLessThanOrEqual(atMost(0.05));
  });

  test('failures that come in bursts', () => {
    expect(alarms(inBursts, 'fleet-failures', 0.05)).toBeLessThanOrEqual(atMost(0.05));
  });

  test.each([0, 0.002, 0.009, 0.011, 0.05])('a share of %d of slow requests', (rate) => {
    expect(alarms(slow(rate, rate), 'fleet-slower', 0.05)).toBeLessThanOrEqual(atMost(0.05));
  });
});

describe('power, at the default significance and tolerance', () => {
  const tolerance = { failureShare: 0.005, latencyFactor: 1.25, latencyGrowthMs: 0 };

  test('failures that double from 2 % in 2,400 requests are seen', () => {
    expect(alarms(failing(0.02, 0.04), 'fleet-failures', 0.001, tolerance)).toBeGreaterThan(0.9);
  });

  test('failures of 3 % where there were none are seen', () => {
    expect(alarms(failing(0, 0.03), 'fleet-failures', 0.001, tolerance)).toBeGreaterThan(0.99);
  });

  test('a tail of 3 % slow requests where there was 0.2 % is seen', () => {
    expect(alarms(slow(0.002, 0.03), 'fleet-slower', 0.001, tolerance)).toBeGreaterThan(0.99);
  });
});

test('Fisher’s test gives the values of R’s fisher.test(alternative = "greater")', () => {
  // The tea taster, 3 of 4 each: 17/70. The others by enumeration of their small tables.
  expect(fisherGreater({ hits: 1, of: 4 }, { hits: 3, of: 4 })).toBeCloseTo(17 / 70, 12);
  expect(fisherGreater({ hits: 0, of: 10 }, { hits: 3, of: 5 })).toBeCloseTo(10 / 455, 12);
  expect(fisherGreater({ hits: 0, of: 5 }, { hits: 0, of: 5 })).toBe(1);
  expect(fisherGreater({ hits: 5, of: 5 }, { hits: 5, of: 5 })).toBe(1);
  const large = fisherGreater({ hits: 10_000, of: 2_000_000 }, { hits: 10_300, of: 2_000_000 });
  expect(large).toBeGreaterThan(0.016);
  expect(large).toBeLessThan(0.019);
});
