import { describe, expect, test } from 'vitest';
import type { Expectation } from '../../../../conformance/checks/check.ts';
import { type Exchange, toExchange } from '../../../../conformance/checks/judge/exchange.ts';
import { accessLogHolds, judgeAccessLog } from '../../../../conformance/checks/judge/judge-access-log.ts';
import {
  judgeBody,
  judgeGrpcStatus,
  judgeHeaders,
  judgeReached,
  judgeStatus,
} from '../../../../conformance/checks/judge/judge-answer.ts';
import { judgeClusterHealth } from '../../../../conformance/checks/judge/judge-cluster-health.ts';
import { judgeLatency, nearestRank } from '../../../../conformance/checks/judge/judge-latency.ts';
import { judgeMirror, judgeMirrorShares } from '../../../../conformance/checks/judge/judge-mirror.ts';
import { judgeShares } from '../../../../conformance/checks/judge/judge-shares.ts';
import { judgeStats } from '../../../../conformance/checks/judge/judge-stats.ts';
import {
  judgeAttempts,
  judgeCluster,
  judgeUpstreamRequest,
} from '../../../../conformance/checks/judge/judge-upstream.ts';
import type { Finding } from '../../../../render/finding.ts';
import { answerOf, checkOf, exchangeOf, failedExchange, PLACE, receivedBy } from './exchanges.ts';

type Judge = (check: ReturnType<typeof checkOf>, exchanges: readonly Exchange[]) => readonly Finding[];
type Row = {
  readonly name: string;
  readonly judge: Judge;
  readonly expect: Expectation;
  readonly green: readonly Exchange[];
  readonly red: readonly Exchange[];
  readonly rule: string;
  readonly saw: RegExp;
  readonly want: RegExp;
};
const many = (count: number, exchange: Exchange): Exchange[] => Array.from({ length: count }, () => exchange);
const toUpstream = (more: Parameters<typeof receivedBy>[1]): Exchange => ({
  ...exchangeOf(),
  attempts: [receivedBy('payments', more)],
});

const ROWS: readonly Row[] = [
  {
    name: 'reached',
    judge: judgeReached,
    expect: {},
    green: [exchangeOf({ status: 500 })],
    red: [failedExchange],
    rule: 'check-unreachable',
    saw: /reset: socket hang up.*no host reached/,
    want: /an answer/,
  },
  {
    name: 'status',
    judge: judgeStatus,
    expect: { status: [{ from: 200, to: 299 }] },
    green: [exchangeOf({ status: 204 })],
    red: [exchangeOf({ status: 503, body: 'upstream reset', headers: { 'x-envoy-overloaded': 'true' } }, [])],
    rule: 'check-status',
    saw: /status 503, x-envoy-overloaded: true; body "upstream reset"; no host reached/,
    want: /status 2xx/,
  },
  {
    name: 'one status of many',
    judge: judgeStatus,
    expect: { status: [{ from: 200, to: 200 }] },
    green: many(3, exchangeOf()),
    red: [...many(2, exchangeOf()), exchangeOf({ status: 500 })],
    rule: 'check-status',
    saw: /^1 of 3 requests: 1× status 500; no body; answered by payments\/10\.0\.0\.7:8080$/,
    want: /status 200/,
  },
  {
    name: 'gRPC status',
    judge: judgeGrpcStatus,
    expect: { grpcStatus: 0 },
    green: [exchangeOf({ grpcStatus: 0 })],
    red: [exchangeOf({ grpcStatus: 14, grpcMessage: 'no healthy upstream' })],
    rule: 'check-grpc-status',
    saw: /grpc-status 14 \(UNAVAILABLE\).*"no healthy upstream"/,
    want: /grpc-status 0 \(OK\)/,
  },
  {
    name: 'a gRPC status that is not there',
    judge: judgeGrpcStatus,
    expect: { grpcStatus: 0 },
    green: [exchangeOf({ grpcStatus: 0 })],
    red: [exchangeOf()],
    rule: 'check-grpc-status',
    saw: /^no grpc-status/,
    want: /OK/,
  },
  {
    name: 'an exact header',
    judge: judgeHeaders,
    expect: { headers: { location: { kind: 'exact', value: '/x' } } },
    green: [exchangeOf({ headers: { location: '/x' } })],
    red: [exchangeOf({ headers: { location: '/y' } })],
    rule: 'check-header',
    saw: /location "\/y"/,
    want: /location "\/x"/,
  },
  {
    name: 'an absent header',
    judge: judgeHeaders,
    expect: { headers: { server: { kind: 'absent' } } },
    green: [exchangeOf()],
    red: [exchangeOf({ headers: { server: 'envoy' } })],
    rule: 'check-header',
    saw: /server "envoy"/,
    want: /server to be absent/,
  },
  {
    name: 'a body by expression',
    judge: judgeBody,
    expect: { body: { kind: 'regex', pattern: 'a.*z' } },
    green: [exchangeOf({ body: 'a\nz' })],
    red: [exchangeOf({ body: 'xaz' })],
    rule: 'check-body',
    saw: /body "xaz"/,
    want: /to match a\.\*z/,
  },
  {
    name: 'a body by its parts',
    judge: judgeBody,
    expect: { body: { kind: 'contains', text: 'b' } },
    green: [exchangeOf({ body: 'abc' })],
    red: [exchangeOf()],
    rule: 'check-body',
    saw: /no body/,
    want: /to contain "b"/,
  },
  {
    name: 'a body at all',
    judge: judgeBody,
    expect: { body: { kind: 'present' } },
    green: [exchangeOf({ body: 'a' })],
    red: [exchangeOf()],
    rule: 'check-body',
    saw: /no body/,
    want: /present/,
  },
  {
    name: 'the cluster',
    judge: judgeCluster,
    expect: { answeredBy: ['payments'] },
    green: [exchangeOf({}, ['other', 'payments'])],
    red: [exchangeOf({}, ['payments', 'other'])],
    rule: 'check-cluster',
    saw: /answered by other\/.* after 2 attempts/,
    want: /an answer of payments/,
  },
  {
    name: 'no cluster where one is wanted',
    judge: judgeCluster,
    expect: { answeredBy: ['payments'] },
    green: [exchangeOf()],
    red: [exchangeOf({ status: 404 }, [])],
    rule: 'check-cluster',
    saw: /status 404.*no host reached/,
    want: /payments/,
  },
  {
    name: 'Envoy itself',
    judge: judgeCluster,
    expect: { answeredBy: [] },
    green: [exchangeOf({}, [])],
    red: [exchangeOf()],
    rule: 'check-cluster',
    saw: /answered by payments/,
    want: /Envoy itself/,
  },
  {
    name: 'attempts',
    judge: judgeAttempts,
    expect: { attempts: { min: 3, max: 3 } },
    green: [exchangeOf({}, ['a', 'a', 'a'])],
    red: [exchangeOf({}, ['a', 'a'])],
    rule: 'check-attempts',
    saw: /^2 attempts/,
    want: /^3 attempts/,
  },
  {
    name: 'a header at the host',
    judge: judgeUpstreamRequest,
    expect: { upstream: { headers: { 'x-a': { kind: 'exact', value: '1' } } } },
    green: [toUpstream({ headers: { 'x-a': '1' } })],
    red: [exchangeOf()],
    rule: 'check-upstream-request',
    saw: /the header x-a absent/,
    want: /the header x-a "1" at the host/,
  },
  {
    name: 'the path at the host',
    judge: judgeUpstreamRequest,
    expect: { upstream: { path: { kind: 'exact', value: '/v2' } } },
    green: [toUpstream({ path: '/v2' })],
    red: [exchangeOf()],
    rule: 'check-upstream-request',
    saw: /the path "\/"/,
    want: /"\/v2"/,
  },
  {
    name: 'a host that was never reached',
    judge: judgeUpstreamRequest,
    expect: { upstream: { authority: { kind: 'present' } } },
    green: [exchangeOf()],
    red: [exchangeOf({}, [])],
    rule: 'check-upstream-request',
    saw: /no host reached/,
    want: /the host to be present/,
  },
  {
    name: 'a copy',
    judge: judgeMirror,
    expect: { mirroredTo: ['shadow'] },
    green: [exchangeOf({}, ['a'], ['shadow'])],
    red: [exchangeOf({}, ['a'], ['other'])],
    rule: 'check-mirror',
    saw: /no copy to shadow/,
    want: /copy of each request to shadow/,
  },
  {
    name: 'no copy',
    judge: judgeMirror,
    expect: { mirroredTo: [] },
    green: [exchangeOf()],
    red: [exchangeOf({}, ['a'], ['shadow'])],
    rule: 'check-mirror',
    saw: /a copy to shadow/,
    want: /no copy/,
  },
  {
    name: 'a percentage of copies',
    judge: judgeMirrorShares,
    expect: { mirrorShares: { shadow: 50 } },
    green: [...many(100, exchangeOf({}, ['a'], ['shadow'])), ...many(100, exchangeOf())],
    red: many(200, exchangeOf({}, ['a'], ['shadow'])),
    rule: 'check-mirror',
    saw: /200 of 200 requests copied to shadow/,
    want: /50 % copied to shadow: \d+ to \d+ of 200/,
  },
  {
    name: 'shares',
    judge: judgeShares,
    expect: { shares: { a: 50, b: 50 } },
    green: [...many(90, exchangeOf({}, ['a'])), ...many(110, exchangeOf({}, ['b']))],
    red: [...many(40, exchangeOf({}, ['a'])), ...many(160, exchangeOf({}, ['b']))],
    rule: 'check-shares',
    saw: /b 160 \(80\.0 %\), a 40 \(20\.0 %\)/,
    want: /a 50 % \(\d+ to \d+ of 200\)/,
  },
  {
    name: 'a stranger among the shares',
    judge: judgeShares,
    expect: { shares: { a: 50, b: 50 } },
    green: [...many(100, exchangeOf({}, ['a'])), ...many(100, exchangeOf({}, ['b']))],
    red: [...many(100, exchangeOf({}, ['a'])), ...many(99, exchangeOf({}, ['b'])), exchangeOf({}, [])],
    rule: 'check-shares',
    saw: /no host 1/,
    want: /nobody else/,
  },
  {
    name: 'a share of nothing',
    judge: judgeShares,
    expect: { shares: { a: 100, b: 0 } },
    green: many(10, exchangeOf({}, ['a'])),
    red: [...many(9, exchangeOf({}, ['a'])), exchangeOf({}, ['b'])],
    rule: 'check-shares',
    saw: /a 9 .*b 1/,
    want: /b 0 % \(0 to 0 of 10\)/,
  },
  {
    name: 'latency from above',
    judge: judgeLatency,
    expect: { latencyMs: { p50: 10 } },
    green: [exchangeOf({ latencyMs: 9 }), exchangeOf({ latencyMs: 500 })],
    red: [exchangeOf({ latencyMs: 11 }), exchangeOf({ latencyMs: 12 })],
    rule: 'check-latency',
    saw: /^p50 11 ms \(of 2: min 11, p50 11, p99 12, max 12 ms\)/,
    want: /at most 10 ms/,
  },
  {
    name: 'latency from below',
    judge: judgeLatency,
    expect: { latencyMs: { min: 100 } },
    green: [exchangeOf({ latencyMs: 100 })],
    red: [exchangeOf({ latencyMs: 99 })],
    rule: 'check-latency',
    saw: /min 99 ms/,
    want: /at least 100 ms/,
  },
];

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

describe('access logs', () => {
  const fields = {
    status: { kind: 'exact', value: '200' },
    'upstream.cluster': { kind: 'exact', value: 'a' },
  } as const;
  const check = checkOf({ accessLog: { fields } }, { places: { accessLog: PLACE } });
  test('numbers, fields inside of fields and names with dots', () => {
    expect(accessLogHolds(['{"status":200,"upstream":{"cluster":"a"}}'], fields)).toBe(true);
    expect(accessLogHolds(['{"status":200,"upstream.cluster":"a"}'], fields)).toBe(true);
    expect(accessLogHolds(['{"status":200}', '{"upstream":{"cluster":"a"}}'], fields)).toBe(false);
  });
  test('a null is an absent field', () => {
    expect(accessLogHolds(['{"flags":null}'], { flags: { kind: 'absent' } })).toBe(true);
    expect(accessLogHolds(['{"flags":null}'], { flags: { kind: 'present' } })).toBe(false);
  });
  test('the nearest line is shown', () => {
    const [finding] = judgeAccessLog(check, ['{"status":404}', '{"status":200,"upstream":{"cluster":"b"}}']);
    expect(finding).toMatchObject({
      rule: 'check-access-log',
      at: PLACE,
      saw: expect.stringMatching(/^upstream\.cluster "b", in the nearest of 2 lines/),
    });
  });
  test('no line, and lines that are no JSON', () => {
    expect(judgeAccessLog(check, [])[0]?.saw).toBe('no line written during the check');
    expect(judgeAccessLog(check, ['[2026] GET /'])[0]?.saw).toContain('none of them JSON: [2026] GET /');
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
