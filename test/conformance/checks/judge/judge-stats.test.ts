import { describe, expect, test } from 'vitest';
import { judgeStats } from '../../../../conformance/checks/judge/judge-stats.ts';
import { checkOf, PLACE } from './exchanges.ts';

describe('Envoy stats', () => {
  const check = checkOf(
    {
      stats: [
        { name: 'c.x', delta: { min: 2, max: 2 } },
        { name: 'c.y', value: { min: 1 } },
      ],
    },
    { places: { 'stats.c.y': PLACE } },
  );
  test('growth and value', () => {
    expect(
      judgeStats(
        check,
        new Map([['c.x', 3]]),
        new Map([
          ['c.x', 5],
          ['c.y', 1],
        ]),
        [],
      ),
    ).toEqual([]);
  });
  test('a wrong growth, a wrong value', () => {
    expect(
      judgeStats(
        check,
        new Map([['c.x', 3]]),
        new Map([
          ['c.x', 6],
          ['c.y', 0],
        ]),
        [],
      ),
    ).toEqual([
      { rule: 'check-stats', severity: 'error', at: check.at, saw: 'c.x went from 3 to 6', want: 'c.x to grow by 2' },
      { rule: 'check-stats', severity: 'error', at: PLACE, saw: 'c.y went from 0 to 0', want: 'c.y to be at least 1' },
    ]);
  });
  test('a misspelt name never passes', () => {
    const quiet = checkOf({ stats: [{ name: 'cluster.a.upstream_rq_rety', delta: { min: 0, max: 0 } }] });
    const [finding] = judgeStats(quiet, new Map(), new Map(), ['cluster.a.upstream_rq_retry']);
    expect(finding?.want).toContain('did you mean cluster.a.upstream_rq_retry?');
  });
  test('a counter that Envoy makes with the first such answer is 0 until then', () => {
    const quiet = checkOf({ stats: [{ name: 'cluster.a.upstream_rq_503', delta: { min: 0, max: 0 } }] });
    expect(judgeStats(quiet, new Map(), new Map(), ['cluster.a.upstream_rq_retry'])).toEqual([]);
    expect(judgeStats(quiet, new Map(), new Map(), ['cluster.b.upstream_rq_retry'])).toHaveLength(1);
  });
});
