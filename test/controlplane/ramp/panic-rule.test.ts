import { describe, expect, test } from 'vitest';
import {
  certainPanic,
  isPanicImpossible,
  type Level,
  neededHealthy,
  type PanicRule,
  safeStep,
} from '../../../controlplane/ramp/panic-rule.ts';
import { type ModelHost, panickingPriorities } from './envoy-model.ts';

const hostsOf = (levels: readonly (readonly [available: number, total: number])[]): ModelHost[] =>
  levels.flatMap(([available, total], priority) =>
    Array.from({ length: total }, (_, at) => ({ priority, available: at < available, checked: true })),
  );
const known = (available: number, total: number): Level => ({ total, least: available, most: available });
const THRESHOLDS = [1, 10, 33, 50, 66, 75, 90, 100];
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('Envoy’s rule, as its documentation has it', () => {
  // The table of "Panic threshold", two priorities of 100 hosts each, the default threshold of 50 %; and cases beside it.
  test.each<[number, number, number[]]>([
    [72, 72, []],
    [71, 71, []],
    [50, 60, []],
    [25, 100, []],
    [25, 25, [0, 1]],
    [5, 65, [0]],
    [71, 1, []],
    [71, 0, []],
    [50, 0, []],
    [49, 0, [0, 1]],
  ])('%i percent and %i percent healthy', (first, second, panicking) => {
    const rule = { thresholdPercent: 50, overprovisioningPercent: 140 };
    expect([
      ...panickingPriorities(
        hostsOf([
          [first, 100],
          [second, 100],
        ]),
        rule,
      ).picked,
    ]).toEqual(panicking);
  });
});

test('the step of the rule of thumb is the largest that is safe, whatever the threshold', () => {
  for (const thresholdPercent of THRESHOLDS)
    for (const healthy of range(1, 30)) {
      const rule = { thresholdPercent, overprovisioningPercent: undefined };
      const step = safeStep(healthy, thresholdPercent);
      expect(neededHealthy(healthy + step, rule)).toBeLessThanOrEqual(healthy);
      expect(neededHealthy(healthy + step + 1, rule)).toBeGreaterThan(healthy);
    }
});

test('what is called impossible never happens, and what is certain does: every case of two priorities of up to four hosts', () => {
  let impossible = 0;
  let certain = 0;
  for (const thresholdPercent of [0, ...THRESHOLDS])
    for (const overprovisioningPercent of [100, 140]) {
      const rule: PanicRule = { thresholdPercent, overprovisioningPercent };
      for (const level of ranges())
        for (const other of ranges()) {
          const outcomes = range(level.least, level.most).flatMap((a) =>
            range(other.least, other.most).map(
              (b) =>
                panickingPriorities(
                  hostsOf([
                    [a, level.total],
                    [b, other.total],
                  ]),
                  rule,
                ).isPanicking,
            ),
          );
          if (isPanicImpossible([level, other], rule)) {
            impossible++;
            expect(outcomes).not.toContain(true);
          }
          const { total, levels } = certainPanic([level, other], rule);
          if (thresholdPercent > 0 && (total || levels.size > 0)) {
            certain++;
            expect(outcomes).not.toContain(false);
          }
        }
    }
  expect(impossible).toBeGreaterThan(5_000);
  expect(certain).toBeGreaterThan(1_000);
});

test('with nothing unknown it says what Envoy does, but for priorities that get no traffic', () => {
  const rule = { thresholdPercent: 50, overprovisioningPercent: 140 };
  for (const total of range(1, 12))
    for (const available of range(0, total))
      expect(isPanicImpossible([known(available, total)], rule)).toBe(
        !panickingPriorities(hostsOf([[available, total]]), rule).isPanicking,
      );
});

function* ranges(): Iterable<Level> {
  for (const total of range(0, 4))
    for (const least of range(0, total)) for (const most of range(least, total)) yield { total, least, most };
}
