import { describe, expect, test } from 'vitest';
import { toExchange } from '../../../../conformance/checks/judge/exchange.ts';
import { judgeStatus } from '../../../../conformance/checks/judge/judge-answer.ts';
import { judgeClusterHealth } from '../../../../conformance/checks/judge/judge-cluster-health.ts';
import { nearestRank } from '../../../../conformance/checks/judge/judge-latency.ts';
import { answerOf, checkOf, exchangeOf, PLACE, receivedBy } from './exchanges.ts';

import { many, ROWS } from './judge-rows.ts';

describe('each judge passes what is as expected, and says of the rest what was seen and wanted, at its line', () => {
  test.each(ROWS)('$name', ({ judge, expect: expected, green, red, rule, saw, want }) => {
    const places = Object.fromEntries(
      [
        'status',
        'grpcStatus',
        'headers',
        'body',
        'cluster',
        'attempts',
        'upstream',
        'mirroredTo',
        'shares',
        'latency',
      ].map((key) => [key, PLACE]),
    );
    const check = checkOf(expected, { places });
    expect(judge(check, green)).toEqual([]);
    expect(judge(check, red)).toEqual([
      { rule, severity: 'error', at: PLACE, saw: expect.stringMatching(saw), want: expect.stringMatching(want) },
    ]);
  });

  test('a judge without its expectation says nothing', () => {
    for (const { name, judge, red } of ROWS) if (name !== 'reached') expect(judge(checkOf({}), red), name).toEqual([]);
  });

  test('many like faults are one finding with counts', () => {
    const [finding] = judgeStatus(checkOf({ status: [{ from: 200, to: 200 }] }), [
      ...many(5, exchangeOf({ status: 500 })),
      ...many(2, exchangeOf({ status: 503 })),
    ]);
    expect(finding?.saw).toMatch(/^7 of 7 requests: 5× status 500.* \| 2× status 503/);
  });
});

describe('copies are told from attempts', () => {
  test('by the host that Envoy gives copies', () => {
    const { attempts, copies } = toExchange(
      'r',
      'h:80',
      answerOf(),
      [receivedBy('a'), receivedBy('b', { authority: 'h-shadow:80' })],
      new Set(),
    );
    expect(attempts.map(({ host }) => host.cluster)).toEqual(['a']);
    expect(copies.map(({ host }) => host.cluster)).toEqual(['b']);
  });
  test('by the cluster where only copies are expected', () => {
    expect(toExchange('r', 'h', answerOf(), [receivedBy('a'), receivedBy('b')], new Set(['b'])).copies).toHaveLength(1);
  });
  test('a request for a host that ends in -shadow is no copy', () => {
    expect(
      toExchange('r', 'h-shadow', answerOf(), [receivedBy('a', { authority: 'h-shadow' })], new Set()).attempts,
    ).toHaveLength(1);
  });
});

test('nearest rank', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([50, 99, 100].map((percent) => nearestRank(sorted, percent))).toEqual([50, 99, 100]);
  expect(nearestRank([7], 50)).toBe(7);
  expect(nearestRank([1, 2, 3, 4, 5], 50)).toBe(3);
});

test('cluster health names the hosts that are not, and why', () => {
  const check = { kind: 'cluster-health', name: 'c', origin: 'default', at: PLACE, cluster: 'payments' } as const;
  const host = (port: number, failed: readonly string[]) => ({ address: '127.0.0.1', port, priority: 0, failed });
  expect(judgeClusterHealth(check, [host(1, []), host(2, ['eds DRAINING'])], 10)).toEqual([]);
  expect(
    judgeClusterHealth(
      check,
      [host(1, []), host(2, ['failed_active_health_check'])],
      10,
      ({ port }) => `real:${port}`,
    )[0],
  ).toMatchObject({
    rule: 'check-unhealthy',
    saw: '1 of 2 hosts not healthy: real:2 (failed_active_health_check)',
  });
  expect(judgeClusterHealth(check, [], 10)[0]?.saw).toBe('no hosts');
  expect(judgeClusterHealth(check, undefined, 10)[0]?.saw).toContain('no cluster payments');
});
