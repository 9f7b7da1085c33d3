import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cells, NEWEST, OLDEST, placeOf, startCells, stepsOf } from './cell-fixture.ts';
import { lineOf, placedSnapshot, type Texts } from './placed-snapshot.ts';
import { cluster, edsCluster, listener, routes, SMALL } from './small-mesh.ts';

let cells: Cells;
beforeAll(async () => {
  cells = await startCells();
});
afterAll(() => cells?.[Symbol.asyncDispose]());

/** Cold boot alone: no static validation, checks or rehearsals. */
const boot = (version: string, texts: Texts) =>
  cells.run({ version, proposed: placedSnapshot(texts), only: 'no such check' });

describe.each([OLDEST, NEWEST])('cold boot of Envoy %s', (version) => {
  test('a config that works passes every step', async () => {
    const report = await cells.run({ version, proposed: placedSnapshot(SMALL) });
    expect(stepsOf(report)).toEqual(
      expect.arrayContaining([
        'static validation pass',
        'cold boot pass',
        'checks pass',
        'rehearsal pass',
        'panic rehearsal pass',
      ]),
    );
    expect(report).toMatchObject({ verdict: 'pass', findings: [], launcher: 'process', id: `beta@${version}` });
    expect(report.checks.map(({ outcome }) => outcome.kind)).toEqual(['pass']);
    expect(report.substitutions.map(({ what }) => what)).toContain('listener-address');
    expect(report.evidence).toBeUndefined();
  });

  test('several refused clusters of one answer: a finding for each, at its line, in its own words', async () => {
    const texts = {
      ...SMALL,
      // Named so that Envoy's own words (`cluster manager: …`) hold the name of a cluster that is well.
      cluster: `${SMALL.cluster}${cluster('manager')}${cluster('bad1', { more: 'lb_policy: CLUSTER_PROVIDED' })}${cluster('bad2', { more: 'lb_policy: LOAD_BALANCING_POLICY_CONFIG' })}`,
    };
    const report = await boot(version, texts);
    expect(report.verdict).toBe('fail');
    expect(report.findings.map(({ rule, resource, saw }) => [rule, resource, saw])).toEqual([
      ['nack', 'cluster bad1', expect.stringContaining("cluster 'bad1' did not provide one")],
      ['nack', 'cluster bad2', 'bad2: cluster: field load_balancing_policy need to be set'],
    ]);
    expect(report.findings.map(placeOf)).toEqual([
      lineOf(texts, 'cluster', 'name: bad1'),
      lineOf(texts, 'cluster', 'name: bad2'),
    ]);
    expect(report.evidence?.envoyLog).toContain('rejected');
    expect(report.evidence?.conversation.some((entry) => entry.kind === 'request' && entry.meaning === 'nack')).toBe(
      true,
    );
    expect(report.evidence?.configDump).toHaveProperty('configs');
  });

  test('a refused listener is not blamed a second time for not listening; the well one beside it is not blamed', async () => {
    const texts = {
      ...SMALL,
      listener:
        SMALL.listener +
        listener('broken', 'web', { port: 10_001, whole: 'socket_options: [{ level: 99999, name: 1, int_value: 1 }]' }),
    };
    const { findings } = await boot(version, texts);
    expect(findings.map(({ rule, resource }) => [rule, resource])).toEqual([['nack', 'listener broken']]);
    expect(findings.map(placeOf)).toEqual([lineOf(texts, 'listener', 'socket_options')]);
  });

  test('a refused route configuration names its resource and the value that it quotes', async () => {
    const texts = {
      ...SMALL,
      route: routes('web', `{ match: { safe_regex: { regex: "/api(v1" } }, route: { cluster: app } }`),
    };
    const { findings } = await boot(version, texts);
    expect(findings).toMatchObject([
      { rule: 'nack', resource: 'route web', saw: expect.stringContaining('missing )') },
    ]);
    expect(findings.map(placeOf)).toEqual([lineOf(texts, 'route', '/api(v1')]);
  });

  test('an option that Envoy calls deprecated is a warning at its line, once, and refuses nothing', async () => {
    const texts = {
      ...SMALL,
      cluster: `${cluster('other')}${cluster('app', { more: 'http2_protocol_options: {}' })}`,
    };
    const report = await cells.run({ version, proposed: placedSnapshot(texts) });
    expect(report.verdict).toBe('pass');
    expect(report.findings).toMatchObject([
      {
        rule: 'deprecated-in-use',
        severity: 'warning',
        resource: 'cluster app',
        saw: expect.stringContaining('envoy.config.cluster.v3.Cluster.http2_protocol_options'),
      },
    ]);
    expect(report.findings.map(placeOf)).toEqual([lineOf(texts, 'cluster', 'http2_protocol_options')]);
  });

  test('endpoints and routes that nobody serves, and that Envoy stops waiting for: not warmed', async () => {
    const soon = 'resource_api_version: V3, initial_fetch_timeout: 1s';
    const texts = {
      ...SMALL,
      cluster: SMALL.cluster + edsCluster('ghost').replace('resource_api_version: V3', soon),
      listener:
        SMALL.listener + listener('lost', 'nowhere', { port: 10_001 }).replace('resource_api_version: V3', soon),
    };
    const { findings } = await boot(version, texts);
    expect(findings.map(({ rule, resource }) => `${rule} ${resource}`).sort()).toEqual([
      'not-warmed cluster ghost',
      'not-warmed listener lost',
    ]);
    expect(findings.map(placeOf).sort()).toEqual([
      lineOf(texts, 'cluster', 'name: ghost'),
      lineOf(texts, 'listener', 'name: lost'),
    ]);
  });

  test('endpoints that Envoy waits for without end: not warmed, within the time for it', async () => {
    const forever = edsCluster('ghost').replace(
      'resource_api_version: V3',
      'resource_api_version: V3, initial_fetch_timeout: 0s',
    );
    const report = await boot(version, { ...SMALL, cluster: SMALL.cluster + forever });
    expect(report.findings).toMatchObject([{ rule: 'not-warmed', resource: 'cluster ghost' }]);
    expect(report.durationMs).toBeLessThan(40_000);
  });
});

describe('fields that only newer Envoys know', () => {
  const route = routes(
    'web',
    '{ match: { prefix: /, cookies: [{ name: a, string_match: { exact: b } }] }, route: { cluster: app } }',
  );
  const drain = listener('edge', 'web', { more: 'drain_timeout_jitter: { value: 10 }' });
  const table: readonly (readonly [string, Texts, Parameters<typeof lineOf>[1], string])[] = [
    ['a route match', { ...SMALL, route }, 'route', 'cookies'],
    ['a member of a typed_config', { ...SMALL, listener: drain }, 'listener', 'drain_timeout_jitter'],
    [
      'a member of endpoints, which no dump shows',
      {
        ...SMALL,
        cluster: SMALL.cluster + edsCluster('other'),
        endpoint: `
- cluster_name: other
  endpoints:
    - lb_endpoints:
        - endpoint:
            observability_name: one
            address: { socket_address: { address: 10.0.0.2, port_value: 80 } }
`,
      },
      'endpoint',
      'observability_name',
    ],
  ];
  test.each(table)('%s: dropped by the oldest at its place, taken by the newest', async (_, texts, kind, field) => {
    const old = await boot(OLDEST, texts);
    expect(old.findings).toMatchObject([{ rule: 'field-dropped', severity: 'error', envoy: [OLDEST] }]);
    expect(old.findings.map(placeOf)).toEqual([lineOf(texts, kind, field)]);
    // What a dump shows is told from the dump, whatever Envoy counts.
    expect(old.findings[0]?.saw.includes('server.dynamic_unknown_fields')).toBe(kind === 'endpoint');
    expect(old.verdict).toBe('fail');
    expect((await boot(NEWEST, texts)).findings).toEqual([]);
  });
});
