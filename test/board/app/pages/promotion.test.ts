import { describe, expect, test } from 'vitest';
import { valueWords } from '../../../../board/app/components/diff/value-words.ts';
import { beforeAndAfter, observationCharts } from '../../../../board/app/pages/promotion/observation-charts.ts';
import { promotionSteps } from '../../../../board/app/pages/promotion/promotion-steps.ts';
import { convergenceChart } from '../../../../board/app/pages/promotion/push-charts.ts';
import { gatingPromotion, rejectedPromotion, rolledBackPromotion } from '../../fixture/demo-promotions.ts';

describe('how far a promotion is', () => {
  const states = (view: Parameters<typeof promotionSteps>[0]) => promotionSteps(view).map(({ state }) => state);
  test('at its gates: what is behind it is done, what is before it open', () => {
    expect(states(gatingPromotion())).toEqual(['done', 'done', 'now', 'open', 'open', 'open']);
  });
  test('rejected by the matrix; rolled back after it was watched; promoted', () => {
    expect(states(rejectedPromotion())).toEqual(['done', 'failed', ...Array(4).fill('left-out')]);
    expect(states(rolledBackPromotion())).toEqual([...Array(4).fill('done'), 'failed', 'left-out']);
    const promoted = {
      ...rolledBackPromotion(),
      promotion: { ...gatingPromotion().promotion, state: 'promoted' as const },
    };
    expect(states(promoted)).toEqual(Array(6).fill('done'));
  });
  test('cancelled at its gates, it ended there', () => {
    const cancelled = {
      ...gatingPromotion(),
      promotion: { ...gatingPromotion().promotion, state: 'cancelled' as const },
    };
    expect(states(cancelled)).toEqual(['done', 'done', 'failed', ...Array(3).fill('left-out')]);
  });
});

describe('charts', () => {
  const observation = rolledBackPromotion().observation;
  if (!observation) throw new Error('the demo has an observation');

  test('before against after: the step that the push is in belongs to neither', () => {
    const between = { ...observation, pushedEpochMs: observation.pushedEpochMs + 1 };
    const requests = (of: typeof observation): number[] =>
      [beforeAndAfter(of)[0]?.before, beforeAndAfter(of)[0]?.after].map((text) => Number(text?.replaceAll(',', '')));
    const [before = 0, after = 0] = requests(observation);
    const [beforeToo = 0, afterLess = 0] = requests(between);
    expect(beforeToo).toBe(before);
    expect(afterLess).toBeLessThan(after);
  });
  test('what is not known breaks the line; the push is marked', () => {
    const [failures, , requests] = observationCharts(observation);
    expect(failures?.series[0]?.values[12]).toBeNull();
    expect(requests?.marks).toEqual([{ at: observation.pushedEpochMs / 1_000, name: 'pushed' }]);
    expect(failures?.says).toMatch(/^3\.\d+\s% \(\d+\) after the push, 0\s% \(0\) before it$/);
  });
  test('no panic, no chart of it', () => {
    expect(observationCharts(observation).map(({ title }) => title)).toEqual(['Failures', 'Latency', 'Requests']);
    const points = observation.traffic.points.map((point) => point && { ...point, panicPicks: 3 });
    const panicking = { ...observation, traffic: { ...observation.traffic, points } };
    expect(observationCharts(panicking).map(({ title }) => title)).toContain('Panic mode');
  });
  test('convergence says when all had it, or how many have', () => {
    const push = rolledBackPromotion().push;
    if (!push) throw new Error('the demo has a push');
    expect(convergenceChart(push).says).toBe('118 of 120 Envoys have taken it');
    expect(convergenceChart({ ...push, connected: 118 }).says).toMatch(/^all 118 Envoys had taken it after 8\.4 s$/);
  });
});

test('values of a diff: what could be taken for something else keeps its quotes; endless ones are cut', () => {
  expect(['2s', '', ' a', 'true', '12', 12, null, ['a']].map((value) => valueWords(value))).toEqual([
    ...['2s', '""', '" a"', '"true"', '"12"', '12', 'null', '["a"]'],
  ]);
  expect(valueWords('x'.repeat(1_000))).toMatch(/^x{400}… \(1000 characters\)$/);
});
