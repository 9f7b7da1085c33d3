import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { jsonLinesFile } from '../../../controlplane/access-logs/out/json-lines-file.ts';
import { startAdmin } from '../../../controlplane/admin/start-admin.ts';
import type { FleetReport } from '../../../controlplane/fleet/fleet-report.ts';
import type { StageServer } from '../../../controlplane/serve/stage-server.ts';
import type { EdgeSums } from '../../../controlplane/telemetry/edge-sums.ts';
import { LOGGED_KEY } from '../../../controlplane/telemetry/exchange-tables.ts';
import { trafficView } from '../../../controlplane/telemetry/traffic-view.ts';
import { NO_PROMETHEUS, startPrometheus } from '../../real/prometheus.ts';
import { fleetNode } from '../serve/fleet-node.ts';
import { memorySource, STAGE, snapshotOf } from '../serve/memory-source.ts';
import { serveStage } from '../serve/serve-stage.ts';
import { apps, loggedMesh, TRACE_ID, TRACEPARENT } from './logged-mesh.ts';

const VERSIONS = [PINNED_ENVOY_VERSIONS[0] ?? '', PINNED_ENVOY_VERSIONS.at(-1) ?? ''];
const WITHIN_MS = 60_000;
const nothing = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, nothing, probe);

/** Logs alone: its metrics come so rarely that none comes. */
const RARELY_MS = 200_000;
const NODES = VERSIONS.flatMap((version) => [
  { version, service: `logs-${version}`, statsFlushMs: RARELY_MS },
  { version, service: `both-${version}`, statsFlushMs: 1_000 },
]);

/** Log entries of what `drive` does; one of them is of an exchange that is logged also when it begins. */
const LINES = 22;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
let server: StageServer;
const reports: FleetReport[] = [];
let logFile = '';

beforeAll(async () => {
  const { ports } = stack.use(await apps());
  const directory = await mkdtemp(join(tmpdir(), 'telemetry-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  logFile = join(directory, 'access.log');
  const file = stack.use(await jsonLinesFile({ path: logFile, say: () => undefined }));
  const source = memorySource();
  source.hold(snapshotOf(...loggedMesh(ports)));
  server = stack.use(
    await serveStage({
      node: { cluster: 'shop' },
      source,
      sink: async (report) => void reports.push(report),
      accessLogs: [file],
    }),
  );
  await Promise.all(NODES.map((node) => drive(node)));
  await soon('the logs', async () => server.telemetry.counts.entries >= NODES.length * LINES || undefined);
}, 120_000);

/** An Envoy, and one exchange of each kind through it; `/cart` ten times. */
async function drive({ version, service, statsFlushMs }: (typeof NODES)[number]): Promise<void> {
  const node = stack.use(
    await fleetNode(version, `${service}-1`, server.port, {
      metadata: { service },
      statsFlushMs,
      locality: { zone: 'eu-1a' },
    }),
  );
  const portOf = (name: string) => soon(`listener ${name}`, () => node.portOf(name));
  const [web, inbound, tcp, down] = await Promise.all(['web', 'in', 'tcp', 'tcp-down'].map(portOf));
  const ask = async (port: number | undefined, path: string, headers: Record<string, string> = {}): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.text();
    return response.status;
  };
  // Until an Envoy's metrics are heard, its logs count: here each is heard by one of the two alone.
  if (statsFlushMs < RARELY_MS)
    await soon('metrics', async () => server.telemetry.counts.metricStreams === 2 || undefined);
  const codes = [];
  for (let asked = 0; asked < 10; asked += 1)
    codes.push(await ask(web, '/cart?token=hunter2', { traceparent: TRACEPARENT, authorization: 'Bearer hunter2' }));
  for (const path of ['/cart/error', `/flaky/${service}`, '/slow', '/nobody', '/closed', '/no-route'])
    codes.push(await ask(web, path));
  codes.push(
    await ask(inbound, '/cart', { 'x-forwarded-for': '127.0.0.1', 'x-envoy-downstream-service-cluster': 'batch' }),
  );
  expect(codes).toEqual([...Array(10).fill(200), 500, 200, 504, 503, 503, 404, 200]);
  expect([await call(web, '/shop.Cart/Ok'), await call(web, '/shop.Cart/Gone')]).toEqual([0, 14]);
  expect([await talk(tcp, 'hello'), await talk(down, 'hello')]).toEqual(['hello', '']);
}

const call = async (port: number | undefined, path: string): Promise<number> => {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const bytes = (buffer: Buffer): Buffer => buffer;
  const code = await new Promise<number>((resolve) => {
    client.makeUnaryRequest(path, bytes, bytes, Buffer.from('x'), (fault) => resolve(fault?.code ?? 0));
  });
  client.close();
  return code;
};

const talk = (port: number | undefined, text: string): Promise<string> =>
  new Promise((resolve) => {
    let heard = '';
    const socket = connect(port ?? 0, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      heard += chunk;
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
  });

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
const told = (edge: EdgeSums | ReturnType<typeof trafficView>['edges'][number]) => ({
  to: edge.destination,
  requests: edge.requests,
  failures: edge.failures,
  latencies: sum(edge.latencyCounts),
  retries: edge.retries,
  timeouts: edge.timeouts,
  connections: edge.connections,
  connectionFailures: edge.connectionFailures,
});
const edge = (to: string, more: object) => ({
  to,
  requests: 0,
  failures: 0,
  latencies: 0,
  retries: 0,
  timeouts: 0,
  connections: 0,
  connectionFailures: 0,
  ...more,
});

const edgesOf = (service: string) =>
  trafficView(server.telemetry)
    .edges.filter(({ source }) => source === service)
    .map(told)
    .sort((a, b) => (a.to < b.to ? -1 : 1));

test.each(NODES)('$service: the map has what was sent, once', async ({ service }) => {
  const isByLogs = service.startsWith('logs');
  const wanted = [
    // Envoy's own histogram leaves out what no host answered.
    edge('cart', { requests: 13, failures: 2, latencies: isByLogs ? 13 : 12, retries: 1, timeouts: 1 }),
    edge('db', { connections: 1 }),
    edge('db-down', { connections: 1, connectionFailures: 1 }),
    // Metrics do not tell the status of gRPC.
    edge('grpc', { requests: 2, failures: isByLogs ? 1 : 0, latencies: 2 }),
    edge('nobody.internal', { requests: 1, failures: 1, latencies: isByLogs ? 1 : 0 }),
    // What never came to a cluster is told of by logs alone: a direct response, and no route.
    ...(isByLogs ? [edge('none', { requests: 2, latencies: 2 })] : []),
  ];
  await soon('the edges', async () => JSON.stringify(edgesOf(service)) === JSON.stringify(wanted) || undefined).catch(
    () => undefined,
  );
  expect(edgesOf(service)).toEqual(wanted);
});

test.each(NODES)(
  '$service: by route, with flags, retries, timeouts and what is for its own app',
  async ({ service, version }) => {
    const rows = [...server.telemetry.logged.table.rows(Date.now())]
      .map(([key, row]) => ({ labels: Object.fromEntries(LOGGED_KEY.map((name, index) => [name, key[index]])), row }))
      .filter(({ labels }) => labels.source === service || labels.destination === service)
      .map(({ labels, row }) => ({
        is: `${labels.source} ${labels.destination} ${labels.reporter} ${labels.cluster}/${labels.route}`,
        version: labels.envoy_version,
        sums: [row.requests, row.failures, row.retries, row.timeouts, row.connections],
        flags: [...row.flags.keys()].join(),
        traced: row.exemplars.flatMap((exemplar) => exemplar?.traceId ?? []),
      }));
    const row = (is: string, sums: readonly number[], flags = '') => ({ is, version, sums, flags, traced: [] });
    const byName = (a: { is: string }, b: { is: string }): number => (a.is < b.is ? -1 : 1);
    const cart = rows.find(({ is }) => is.endsWith('cart-v2/cart'));
    expect(new Set(cart?.traced)).toEqual(new Set([TRACE_ID]));
    expect(rows.map((one) => (one === cart ? { ...one, traced: [] } : one)).sort(byName)).toEqual(
      [
        row(`${service} cart caller cart-v2/cart`, [11, 1, 0, 0, 0]),
        row(`${service} cart caller cart-v2/flaky`, [1, 0, 1, 0, 0]),
        row(`${service} cart caller cart-v2/slow`, [1, 1, 0, 1, 0], 'UT'),
        row(`${service} nobody.internal caller nobody.internal/nobody`, [1, 1, 0, 0, 0], 'UH'),
        row(`${service} grpc caller grpc:50051/grpc`, [2, 1, 0, 0, 0]),
        row(`${service} none caller /closed`, [1, 0, 0, 0, 0]),
        row(`${service} none caller /`, [1, 0, 0, 0, 0], 'NR'),
        row(`${service} db caller db/`, [0, 0, 0, 0, 1]),
        row(`${service} db-down caller db-down/`, [0, 0, 0, 0, 1], 'UF,URX'),
        row(`batch ${service} callee local/app`, [1, 0, 0, 0, 0]),
      ].sort(byName),
    );
  },
);

test('reports for the store have the same sums; what is for an own app is told of by the callee', async () => {
  const callees = trafficView(server.telemetry).edges.filter(({ reporter }) => reporter === 'callee');
  expect(callees.map(({ source, destination, requests }) => [source, destination, requests]).sort()).toEqual(
    NODES.map(({ service }) => [service.startsWith('logs') ? 'batch' : 'unknown', service, 1]).sort(),
  );
  const total = () => {
    const newest = new Map<string, number>();
    for (const { edges = [] } of reports)
      for (const { fromEpochMs, source, destination, reporter, requests, connections } of edges)
        newest.set(JSON.stringify([fromEpochMs, source, destination, reporter]), requests + connections);
    return sum([...newest.values()]);
  };
  // Of each Envoy 18 exchanges that came to a cluster, and one from outside; of those that are heard by logs also two that did not.
  const wanted = NODES.length * 19 + VERSIONS.length * 2;
  await soon('the reports', async () => total() === wanted || undefined).catch(() => undefined);
  expect(total()).toBe(wanted);
});

test.skipIf(NO_PROMETHEUS)('a real Prometheus takes all of /metrics, with the trace of a request', async () => {
  await using admin = await startAdmin({ server, nowEpochMs: () => Date.now(), port: 0, say: () => undefined });
  await using prometheus = await startPrometheus([`127.0.0.1:${admin.port}`]);
  const ask = async (path: string, query: string) => {
    const asked = new URLSearchParams({
      query,
      start: String(Date.now() / 1_000 - 3_600),
      end: String(Date.now() / 1_000),
    });
    return ((await (await fetch(`${prometheus.url}/api/v1/${path}?${asked}`)).json()) as { data: unknown }).data;
  };
  const labels = `route="cart",source="${NODES[0]?.service}"`;
  const found = await soon('a scrape', async () => {
    const { result } = (await ask('query', `meshgate_logged_requests_total{${labels}}`)) as {
      result: { value: [number, string] }[];
    };
    return result[0];
  });
  expect(found.value[1]).toBe('11');
  const series = (await ask('query_exemplars', `meshgate_logged_latency_seconds_bucket{${labels}}`)) as {
    exemplars: { labels: { trace_id: string } }[];
  }[];
  const traces = series.flatMap(({ exemplars }) => exemplars.map((exemplar) => exemplar.labels.trace_id));
  expect(new Set(traces)).toEqual(new Set([TRACE_ID]));
});

test('the access log has a line for each exchange, without what is secret', async () => {
  const lines = await soon('the lines', async () => {
    const all = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
    return all.length >= NODES.length * LINES ? all : undefined;
  });
  expect(lines).toHaveLength(NODES.length * LINES);
  expect(lines.join()).not.toContain('hunter2');
  const first = lines.map((line) => JSON.parse(line)).find((line) => line['envoy.route'] === 'cart');
  expect(first).toMatchObject({
    trace_id: TRACE_ID,
    'meshgate.stage': STAGE,
    'meshgate.destination': 'cart',
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.path': '/cart',
    'server.address': '127.0.0.1',
    'network.protocol.version': '1.1',
  });
});
