import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check, CheckResult } from '../../../../conformance/checks/check.ts';
import { parseChecks } from '../../../../conformance/checks/declared/parse-checks.ts';
import type { CheckDeps } from '../../../../conformance/checks/run/check-deps.ts';
import { runCheck } from '../../../../conformance/checks/run-check.ts';
import { runChecks } from '../../../../conformance/checks/run-checks.ts';
import { type Client, createClient } from '../../../../conformance/client/client.ts';
import { readPlacedYaml } from '../../../../render/load/yaml/read-placed-yaml.ts';
import { startStaticCell } from './static-cell.ts';

let cell: Awaited<ReturnType<typeof startStaticCell>>;
let client: Client;
let deps: CheckDeps;
let ids = 0;
beforeAll(async () => {
  cell = await startStaticCell();
  client = createClient({ pki: cell.pki, signal: cell.signal });
  deps = {
    client,
    newRequestId: () => `request-${++ids}`,
    scripts: { path: '/usr/local/bin:/usr/bin:/bin', lang: 'C.UTF-8' },
  };
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await cell?.[Symbol.asyncDispose]();
});

function checkOf(yaml: string): Check {
  const { documents } = readPlacedYaml('checks/a.yaml', `{ name: a, listener: edge, ${yaml} }`);
  const { checks, findings } = parseChecks('checks/a.yaml', documents, { snapshot: cell.snapshot });
  expect(findings).toEqual([]);
  return checks[0] as Check;
}
const run = (yaml: string, deadlines: CheckDeps['deadlines'] = {}): Promise<CheckResult> =>
  runCheck(checkOf(yaml), cell, { ...deps, deadlines: { settleMs: 500, ...deadlines } });
const rules = ({ outcome }: CheckResult): string[] =>
  outcome.kind === 'fail' ? outcome.findings.map(({ rule }) => rule) : [outcome.kind];
const saw = ({ outcome }: CheckResult): string =>
  outcome.kind === 'fail' ? outcome.findings.map((finding) => finding.saw).join('\n') : '';

/** What holds on this Envoy, and what does not; each red one differs from its green one in what is expected. */
const ROWS: readonly (readonly [name: string, request: string, green: string, red: string, rule: string])[] = [
  ['a plain answer', 'path: /x', '{ status: 200, cluster: orders, attempts: 1 }', '{ status: 201 }', 'check-status'],
  [
    'retries',
    'path: /retried, upstream: { orders: { failFirst: 2 } }',
    '{ status: 200, attempts: 3, stats: { cluster.orders.upstream_rq_retry: "+2" } }',
    '{ attempts: 1 }',
    'check-attempts',
  ],
  [
    'more failures than retries',
    'path: /retried, upstream: { orders: { status: 503 } }',
    '{ status: 503, attempts: 4 }',
    '{ status: 200 }',
    'check-status',
  ],
  [
    'a split',
    'path: /split, repeat: 200, concurrency: 8',
    '{ status: 200, shares: { orders: 50, next: 50 } }',
    '{ shares: { orders: 100 } }',
    'check-shares',
  ],
  [
    'a copy',
    'path: /copied',
    '{ cluster: orders, attempts: 1, mirroredTo: shadow }',
    '{ mirroredTo: next }',
    'check-mirror',
  ],
  ['no copy', 'path: /x', '{ mirroredTo: [] }', '{ mirroredTo: shadow }', 'check-mirror'],
  [
    'a timeout',
    'path: /timed, upstream: { orders: { delay: 5s } }',
    '{ status: 504, latency: { min: 290ms, max: 4s } }',
    '{ latency: { max: 100ms } }',
    'check-latency',
  ],
  [
    'a fault',
    'path: /x, headers: { x-envoy-fault-abort-request: 418 }',
    '{ status: 418, cluster: [] }',
    '{ cluster: orders }',
    'check-cluster',
  ],
  [
    'a reset',
    'path: /x, upstream: { orders: { reset: before-headers } }',
    '{ status: 503, body: { contains: upstream connect error } }',
    '{ body: ok }',
    'check-body',
  ],
  [
    'a direct answer',
    'path: /direct',
    '{ status: 403, body: "no", cluster: [], headers: { server: envoy } }',
    '{ headers: { server: { present: false } } }',
    'check-header',
  ],
  [
    'what reaches the host',
    'path: /timed/7, host: a.example, headers: { x-a: b }',
    '{ upstream: { path: /inner/7, host: a.example, headers: { x-a: b } } }',
    '{ upstream: { path: /timed/7 } }',
    'check-upstream-request',
  ],
  [
    'a gRPC call',
    'grpc: { service: grpc.health.v1.Health, method: Check }',
    '{ status: 200, grpcStatus: OK, cluster: grpc }',
    '{ grpcStatus: NOT_FOUND }',
    'check-grpc-status',
  ],
  [
    'a gRPC failure',
    'grpc: { service: grpc.health.v1.Health, method: Other }, upstream: { grpc: { grpcStatus: NOT_FOUND } }',
    '{ grpcStatus: 5 }',
    '{ grpcStatus: 0 }',
    'check-grpc-status',
  ],
  [
    'stats',
    'path: /x, repeat: 3',
    '{ stats: { http.edge.downstream_rq_total: "+3", cluster.orders.membership_total: "=2", cluster.orders.upstream_rq_503: "+0" } }',
    '{ stats: { http.edge.downstream_rq_total: "+4.." } }',
    'check-stats',
  ],
  [
    'a misspelt stat',
    'path: /x',
    '{ stats: { cluster.orders.upstream_rq_retry: "+0" } }',
    '{ stats: { cluster.orders.upstream_rq_rety: "+0" } }',
    'check-stats',
  ],
  [
    'failing health checks',
    'path: /checked, upstream: { checked: { health: failing } }',
    '{ status: 503, body: no healthy upstream, cluster: [] }',
    '{ status: 200 }',
    'check-status',
  ],
  [
    'one host in maintenance',
    'path: /checked, repeat: 10, upstream: { checked: { host: "10.0.0.5:8080", maintenance: true } }',
    '{ status: 200, cluster: checked, stats: { cluster.checked.membership_healthy: "=1" } }',
    '{ status: 503 }',
    'check-status',
  ],
];

describe('checks against a real Envoy', () => {
  test.each(ROWS)('%s', async (_name, request, green, red, rule) => {
    const good = await run(`${request}, expect: ${green}`);
    expect(saw(good)).toBe('');
    expect(good.outcome).toEqual({ kind: 'pass' });
    expect(rules(await run(`${request}, expect: ${red}`))).toEqual([rule]);
    // Whatever a check arranged, the next one finds the hosts as they were.
    for (const path of ['/x', '/checked'])
      expect((await run(`path: ${path}, expect: { status: 200, attempts: 1 }`)).outcome).toEqual({ kind: 'pass' });
  });

  test('access-log fields', async () => {
    const fields =
      '{ path: /logged, status: 200, cluster: orders, response_flags: "-", upstream_host: { present: false } }';
    expect((await run(`path: /logged, expect: { accessLog: { fields: ${fields} } }`)).outcome).toEqual({
      kind: 'pass',
    });
    const wrong = await run(
      'path: /logged-too, expect: { accessLog: { fields: { path: /logged-too, status: 404 } } }',
      { accessLogMs: 1_000 },
    );
    expect(rules(wrong)).toEqual(['check-access-log']);
    expect(saw(wrong)).toMatch(/^status "200", in the nearest of \d+ lines: .*logged-too/);
  });

  test('hosts that Envoy never sees unhealthy are said, and the check sends nothing', async () => {
    const result = await run('path: /checked, upstream: { checked: { health: failing } }, expect: { status: 200 }', {
      healthMs: 0,
    }).catch(String);
    // With no time at all, either the failing or the recovery was not seen: the first is a finding, the second no verdict.
    expect(typeof result === 'string' ? result : rules(result).join()).toMatch(
      /check-health-unseen|later checks would be misled/,
    );
    expect(
      (
        await runCheck(
          {
            kind: 'cluster-health',
            name: 'h',
            origin: 'default',
            at: { file: 'x', line: 1, column: 1 },
            cluster: 'checked',
          },
          cell,
          deps,
        )
      ).outcome,
    ).toEqual({ kind: 'pass' });
  });

  test('health of a cluster names the real host and the flag', async () => {
    const at = { file: 'clusters/c.yaml', line: 3, column: 3 };
    const check = { kind: 'cluster-health', name: 'h', origin: 'default', at, cluster: 'checked' } as const;
    cell.upstreams.setHealth({ cluster: 'checked', address: '10.0.0.6', port: 8080 }, 'maintenance');
    // From healthy to unhealthy takes one interval: ask until it is seen.
    let result = await runCheck(check, cell, { ...deps, deadlines: { healthMs: 0 } });
    for (const endsAt = performance.now() + 10_000; result.outcome.kind === 'pass' && performance.now() < endsAt; ) {
      result = await runCheck(check, cell, { ...deps, deadlines: { healthMs: 0 } });
    }
    expect(saw(result)).toBe('1 of 2 hosts not healthy: 10.0.0.6:8080 (failed_active_health_check)');
    cell.upstreams.setHealth({ cluster: 'checked' }, 'serving');
    expect((await runCheck(check, cell, deps)).outcome).toEqual({ kind: 'pass' });
  });

  test('what may be answered by Envoy itself is skipped with its reason, and judged where a host answered', async () => {
    const local = {
      ...checkOf('path: /direct, expect: { status: 200, cluster: orders }'),
      mayAnswerLocally: 'a filter may refuse',
    } as Check;
    expect((await runCheck(local, cell, deps)).outcome).toEqual({ kind: 'skip', reason: 'a filter may refuse' });
    const reached = {
      ...checkOf('path: /x, expect: { status: 201 }'),
      mayAnswerLocally: 'a filter may refuse',
    } as Check;
    expect(rules(await runCheck(reached, cell, deps))).toEqual(['check-status']);
  });

  test('checks for other stages and versions are skipped with the reason', async () => {
    expect((await run('stages: beta, expect: { status: 200 }')).outcome).toEqual({
      kind: 'skip',
      reason: 'only for beta, not for canary@1.38.3',
    });
    expect((await run('envoy: ">=1.39", expect: { status: 200 }')).outcome).toMatchObject({
      kind: 'skip',
      reason: expect.stringContaining('>=1.39'),
    });
    expect((await run('envoy: ">=1.38", stages: canary, path: /x, expect: { status: 200 }')).outcome).toEqual({
      kind: 'pass',
    });
  });

  test('a whole list runs side by side, and its results come in its order', async () => {
    const checks = Array.from(
      { length: 40 },
      (_, index) =>
        ({
          ...checkOf('path: /x, upstream: { next: { status: 500 } }, expect: { cluster: orders }'),
          name: `check ${index}`,
          arrangements: [],
        }) as Check,
    );
    const results = await runChecks(checks, cell, deps);
    expect(results.map(({ name, outcome }) => `${name} ${outcome.kind}`)).toEqual(
      checks.map(({ name }) => `${name} pass`),
    );
  });
});
