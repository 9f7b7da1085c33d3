import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cells, NEWEST, OLDEST, placeOf, startCells, stepsOf } from '../cell/cell-fixture.ts';
import { lineOf, placedSnapshot, type Texts } from '../cell/placed-snapshot.ts';
import { cluster, edsCluster, endpoints, HEALTH_CHECK, hosts, listener, routes, SMALL } from '../cell/small-mesh.ts';

let cells: Cells;
beforeAll(async () => {
  cells = await startCells();
});
afterAll(() => cells?.[Symbol.asyncDispose]());

const change = (version: string, live: Texts, proposed: Texts, versions: readonly string[] = [version]) =>
  cells.run({ version, versions, live: placedSnapshot(live), proposed: placedSnapshot(proposed) });
const withRoute = (inside: string): Texts => ({ ...SMALL, route: routes('web', inside) });
const ONLY_NEW = withRoute(
  '{ match: { prefix: /, cookies: [{ name: a, string_match: { exact: b }, invert_match: true }] }, route: { cluster: app } }',
);
/** Takes no answer with more than one header, so that every request fails. */
const DEAF = cluster('deaf', {
  more: `typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      common_http_protocol_options: { max_headers_count: 1 }
      explicit_http_config: { http_protocol_options: {} }`,
});
const BROKEN = listener('edge', 'web', { whole: 'socket_options: [{ level: 99999, name: 1, int_value: 1 }]' });

describe.each([OLDEST, NEWEST])('rehearsal on Envoy %s', (version) => {
  test('a change of many things at once that harms nobody: no finding, under requests', async () => {
    const proposed: Texts = {
      cluster: cluster('app', { addresses: ['10.0.0.1', '10.0.0.2'] }) + cluster('next'),
      route: routes(
        'web',
        '{ match: { prefix: /next }, route: { cluster: next } }, { match: { prefix: / }, route: { cluster: next, timeout: 7s } }',
      ),
      // A changed listener is drained because the configuration says so.
      listener: listener('edge', 'web', { more: 'server_name: edge' }) + listener('side', 'web', { port: 10_001 }),
    };
    const report = await change(version, SMALL, proposed);
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('pass');
    const note = report.steps.find(({ name }) => name === 'rehearsal')?.note ?? '';
    expect(Number(/^(\d+) requests/.exec(note)?.[1])).toBeGreaterThan(10);
    // The way back removes a listener, a cluster and a host.
    expect((await change(version, proposed, SMALL)).findings).toEqual([]);
  });

  test('a listener that moves to another address is drained, and no request fails', async () => {
    const moved = { ...SMALL, listener: listener('edge', 'web', { port: 10_002 }) };
    const report = await change(version, SMALL, moved);
    expect(report.findings).toEqual([]);
    expect(stepsOf(report)).toContain('rehearsal pass');
  });

  test('requests that fail once their route has moved: how many, since when, on which listener', async () => {
    const live = { ...SMALL, cluster: SMALL.cluster + DEAF };
    const proposed = { ...withRoute('{ match: { prefix: / }, route: { cluster: deaf } }'), cluster: live.cluster };
    const report = await change(version, live, proposed);
    const found = report.findings.filter(({ rule }) => rule === 'rehearsal-request-failed');
    expect(found).toHaveLength(1);
    expect(found[0]?.saw).toMatch(
      /^\d+ of \d+ requests failed \(GET \S+ on listener edge\), first while the configuration changed: 50[0-9]/,
    );
    expect(found.map(placeOf)).toEqual([lineOf(proposed, 'route', 'cluster: deaf')]);
    const [, failed, sent] = /^(\d+) of (\d+)/.exec(found[0]?.saw ?? '') ?? [];
    expect(Number(failed)).toBeGreaterThan(0);
    // Those before the change were answered.
    expect(Number(failed)).toBeLessThan(Number(sent));
    expect(report.verdict).toBe('fail');
    expect(report.evidence?.envoyLog).toContain('[main]');
  });

  test('answers that the proposed configuration asks for are no failures', async () => {
    const proposed = withRoute('{ match: { prefix: / }, direct_response: { status: 503 } }');
    expect((await change(version, SMALL, proposed)).findings).toEqual([]);
    expect((await change(version, proposed, SMALL)).findings).toEqual([]);
  });

  test('a live configuration that does not boot is told, and does not stand in the way of its repair', async () => {
    const report = await change(version, { ...SMALL, listener: BROKEN }, SMALL);
    expect(report.verdict).toBe('pass');
    expect(report.findings.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(['nack warning']);
    expect(report.steps.find(({ name }) => name === 'rehearsal')?.note).toContain('does not boot');
  });
});

describe('upgrade orders', () => {
  const both = [OLDEST, NEWEST];

  test('a config that both take: both orders run, with requests', async () => {
    const report = await change(
      NEWEST,
      SMALL,
      withRoute('{ match: { prefix: / }, route: { cluster: app, timeout: 3s } }'),
      both,
    );
    expect(report.findings).toEqual([]);
    const orders = report.steps.filter(({ name }) => name.startsWith('upgrade order'));
    expect(orders.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'upgrade order: config first pass',
      'upgrade order: Envoy first pass',
    ]);
    for (const { note } of orders) expect(note).toMatch(/^from Envoy 1\.36\.4; [1-9]\d+ requests/);
  });

  test('a config that only the newer takes fails in the order in which the older gets it first', async () => {
    const report = await change(NEWEST, SMALL, ONLY_NEW, both);
    expect(stepsOf(report)).toEqual(
      expect.arrayContaining(['cold boot pass', 'upgrade order: Envoy first pass', 'upgrade order: config first fail']),
    );
    expect(report.findings).toMatchObject([{ rule: 'field-dropped', envoy: [OLDEST] }]);
    expect(report.findings.map(placeOf)).toEqual([lineOf(ONLY_NEW, 'route', 'cookies')]);
  });

  test('the oldest version of a stage has nothing to take over from: a plain rehearsal', async () => {
    const report = await change(OLDEST, SMALL, SMALL, both);
    expect(stepsOf(report)).toEqual(expect.arrayContaining(['rehearsal pass']));
    expect(report.steps.map(({ name }) => name).filter((name) => name.startsWith('upgrade'))).toEqual([]);
  });

  test('nothing changes: one order is rehearsed, and the other says why not', async () => {
    const report = await change(NEWEST, SMALL, SMALL, both);
    expect(report.steps.find(({ name }) => name === 'upgrade order: config first')?.note).toContain('nothing changes');
    expect(report.steps.find(({ name }) => name === 'upgrade order: Envoy first')?.note).toMatch(/[1-9]\d* requests/);
  });
});

test('a listener that Envoy takes cold and refuses warm: a NACK on the way alone', async () => {
  // "Listener …: reuse port cannot be changed during an update"
  const proposed = { ...SMALL, listener: listener('edge', 'web', { whole: 'enable_reuse_port: false' }) };
  const report = await change(NEWEST, SMALL, proposed);
  expect(stepsOf(report)).toEqual(
    expect.arrayContaining(['static validation pass', 'cold boot pass', 'rehearsal fail']),
  );
  expect(report.findings).toMatchObject([{ rule: 'nack', resource: 'listener edge' }]);
  expect(report.findings[0]?.saw).toContain('reuse port cannot be changed');
  expect(report.findings[0]?.saw).toContain('on its way from the live configuration');
});

test('a cluster that panics while its hosts change, although all of them are healthy', async () => {
  const option = `health_checks: [${HEALTH_CHECK}]
  common_lb_config: { healthy_panic_threshold: { value: 100 } }`;
  const mesh = (count: number): Texts => ({
    ...SMALL,
    cluster: edsCluster('app', option),
    endpoint: endpoints('app', hosts(count)),
  });
  const { findings } = await change(NEWEST, mesh(2), mesh(8));
  const panic = findings.filter(({ rule }) => rule === 'rehearsal-panic');
  expect(panic).toMatchObject([
    { resource: 'cluster app', saw: expect.stringMatching(/^[1-9]\d* requests were balanced in panic mode/) },
  ]);
  expect(panic.map(placeOf)).toEqual(['clusters.yaml:2']);
});
