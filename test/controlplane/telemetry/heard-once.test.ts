import { expect, test } from 'vitest';
import { trafficOfExchanges } from '../../../controlplane/access-logs/traffic-of-exchanges.ts';
import { EdgesOfMetrics } from '../../../controlplane/metrics/edges-of-metrics.ts';
import type { Reading } from '../../../controlplane/metrics/metric-message.ts';
import { TrafficOfMetrics } from '../../../controlplane/metrics/traffic-of-metrics.ts';
import { trafficWithout } from '../../../controlplane/telemetry/logged-before.ts';
import { Telemetry } from '../../../controlplane/telemetry/telemetry.ts';
import { trafficView } from '../../../controlplane/telemetry/traffic-view.ts';
import type { StageName } from '../../../render/ids.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';
import { edsCluster, route } from '../xds/small-mesh.ts';
import { entry, node } from './entry.ts';

const counter = (name: string, value: number): Reading => ({ kind: 'counter', name, value });
const time = (bucket: number, count: number): Reading => ({
  kind: 'histogram',
  name: 'cluster.cart.upstream_rq_time',
  buckets: [{ upTo: bucket, count }],
});

function listening() {
  let now = 1_800_000_000_000;
  const telemetry = new Telemetry({ stage: 'canary', nowEpochMs: () => now });
  return {
    telemetry,
    pass: (ms: number) => {
      now += ms;
    },
    log(service: string, more: Parameters<typeof entry>[0] = {}, logName = '', alone = true) {
      const entries = [entry(more)];
      const traffic = trafficOfExchanges(entries);
      telemetry.takeLog(node(service), { logName, entries }, alone, traffic);
      return traffic;
    },
    edges: () =>
      trafficView(telemetry).edges.map(
        ({ source, destination, reporter, requests, failures, connections, retries }) =>
          `${source} ${destination} ${reporter} ${requests} ${failures} ${connections} ${retries}`,
      ),
  };
}

test('what the logs of a new Envoy told of is taken off when its metrics tell of it from its beginning', () => {
  const { telemetry, log, edges } = listening();
  const close = telemetry.opensLog(node('web'));
  telemetry.opensLog(node('web'));
  log('web');
  log('web', { code: 503 });
  const readings = [
    { kind: 'gauge', name: 'server.uptime', value: 3 } as const,
    counter('http.out.downstream_rq_completed', 3),
    counter('http.out.downstream_rq_5xx', 1),
    counter('cluster.cart.upstream_rq_completed', 3),
    counter('cluster.cart.upstream_rq_5xx', 1),
    time(5, 3),
  ];
  close();
  const noted = telemetry.loggedBefore(node('web'));
  const metrics = new TrafficOfMetrics();
  const increment = metrics.take(readings);
  expect(noted && trafficWithout(increment, noted.traffic)).toMatchObject({ requests: 1, failures: 0 });
  telemetry.takeMetrics(node('web'), new EdgesOfMetrics().take(readings, metrics.counted).clusters, noted);
  expect(edges()).toEqual(['web cart caller 3 1 0 0']);
  expect(telemetry.loggedBefore(node('web'))).toBeUndefined();
});

test('an Envoy that began anew under its name, and one that ran for long, have nothing taken off', () => {
  const { telemetry, log, pass } = listening();
  const close = telemetry.opensLog(node('web'));
  log('web');
  close();
  telemetry.opensLog(node('web'));
  expect(telemetry.loggedBefore(node('web'))?.traffic.requests).toBe(0);
  telemetry.opensLog(node('old'));
  pass(31_000);
  log('old');
  expect(telemetry.loggedBefore(node('old'))).toBeUndefined();
});

test('counters that begin anew, and those of an Envoy that ran before, add what is new', () => {
  const edges = new EdgesOfMetrics();
  const completed = (value: number): Reading => counter('cluster.cart.upstream_rq_completed', value);
  const added = (readings: readonly Reading[], counts = true): number =>
    edges.take(readings, counts).clusters.get('cart')?.requests ?? 0;
  expect([
    added([completed(100)], false),
    added([completed(110)]),
    added([completed(4)]),
    added([completed(4)]),
  ]).toEqual([0, 10, 4, 0]);
});

test('connections are of TCP alone; Envoy’s own clusters, and parts of a cluster, are not counted', () => {
  const { clusters, lostEntries } = new EdgesOfMetrics().take(
    [
      counter('cluster.db.upstream_cx_total', 5),
      counter('cluster.db.upstream_cx_connect_fail', 2),
      counter('cluster.cart.upstream_cx_total', 3),
      counter('cluster.cart.upstream_cx_http2_total', 3),
      counter('cluster.cart.upstream_rq_completed', 9),
      counter('cluster.cart.external.upstream_rq_completed', 9),
      counter('cluster.cart.upstream_rq_retry', 4),
      counter('cluster.cart.upstream_rq_timeout', 1),
      counter('cluster.meshgate_control_plane.upstream_rq_completed', 7),
      counter('access_logs.grpc_access_log.logs_dropped', 6),
    ],
    true,
  );
  expect([...clusters.keys()]).toEqual(['db', 'cart']);
  expect(clusters.get('db')).toMatchObject({ connections: 5, connectionFailures: 2, requests: 0 });
  expect(clusters.get('cart')).toMatchObject({ connections: 0, requests: 9, retries: 4, timeouts: 1 });
  expect(lostEntries).toBe(6);
});

test('what Envoy counts again inside of a cluster is not counted, and clusters that are called like that are', () => {
  const edges = new EdgesOfMetrics();
  const traffic = (value: number): Reading[] => [
    counter('cluster.cart.upstream_rq_completed', value),
    counter('cluster.cart.zone.eu-1a.eu-1b.upstream_rq_completed', value),
    counter('cluster.cart.zone.eu-1a.eu-1b.upstream_rq_5xx', value),
    { kind: 'histogram', name: 'cluster.cart.zone.eu-1a.eu-1b.upstream_rq_time', buckets: [{ upTo: 5, count: 1 }] },
    { kind: 'histogram', name: 'cluster.cart.grpc.shop.Cart.Get.upstream_rq_time', buckets: [{ upTo: 5, count: 1 }] },
    ...['api.internal', 'canary', 'shop.zone.two'].flatMap((name) => [
      counter(`cluster.${name}.upstream_rq_completed`, value),
      counter(`cluster.${name}.internal.upstream_rq_completed`, value),
      counter(`cluster.${name}.upstream_cx_total`, 1),
    ]),
  ];
  edges.take(traffic(100), false);
  const { clusters } = edges.take(traffic(103), true);
  expect([...clusters].map(([name, { requests }]) => `${name} ${requests}`).sort()).toEqual([
    'api.internal 3',
    'canary 3',
    'cart 3',
    'shop.zone.two 3',
  ]);
});

test('connections that found no host come on top of those that were tried', () => {
  const { clusters } = new EdgesOfMetrics().take(
    [
      counter('cluster.db.upstream_cx_total', 5),
      counter('cluster.db.upstream_cx_connect_fail', 2),
      counter('cluster.db.upstream_cx_none_healthy', 3),
      counter('cluster.none.upstream_cx_none_healthy', 4),
    ],
    true,
  );
  expect(clusters.get('db')).toMatchObject({ connections: 8, connectionFailures: 5 });
  expect(clusters.get('none')).toMatchObject({ connections: 4, connectionFailures: 4 });
});

test('a cluster is known by what Envoys call it in their metrics and logs', () => {
  const { telemetry, log, edges } = listening();
  const service = (name: string) => ({ metadata: { filterMetadata: { meshgate: { service: name } } } });
  const local = { altStatName: 'app_http', metadata: { filterMetadata: { meshgate: { local: true } } } };
  telemetry.names.serve(
    makeSnapshot('canary' as StageName, [
      edsCluster('cart:8080', service('cart')),
      edsCluster('mail-v1', { altStatName: 'mail://one', ...service('mail') }),
      edsCluster('app', local),
    ]),
  );
  telemetry.opensLog(node('web'));
  log('web', { cluster: 'cart:8080' });
  log('web', { cluster: 'mail://one' });
  log('web', { cluster: 'app_http', callerHeader: 'batch' });
  const completed = (cluster: string): Reading => counter(`cluster.${cluster}.upstream_rq_completed`, 1);
  const { clusters } = new EdgesOfMetrics().take(['cart_8080', 'mail_one', 'app_http'].map(completed), true);
  // All of it was told of by the logs.
  telemetry.takeMetrics(node('web'), clusters, telemetry.loggedBefore(node('web')));
  telemetry.takeMetrics(node('shop'), clusters, undefined);
  const both = ['shop cart caller 1 0 0 0', 'shop mail caller 1 0 0 0', 'unknown shop callee 1 0 0 0'];
  expect(edges().sort()).toEqual(
    [...both, 'batch web callee 1 0 0 0', 'web cart caller 1 0 0 0', 'web mail caller 1 0 0 0'].sort(),
  );
  const named = [...telemetry.services.table.rows(telemetry.now())].map(([[, , , cluster]]) => cluster);
  expect(new Set(named)).toEqual(new Set(['cart:8080', 'mail-v1', 'app']));
});

test('rates are of the whole time that is looked at, also of minutes in which nobody spoke', () => {
  const { telemetry, log, pass } = listening();
  log('web');
  pass(30_000);
  expect(trafficView(telemetry).edges[0]?.requestsPerSecond).toBeCloseTo(1 / 30);
  pass(10 * 60_000);
  for (let count = 0; count < 330; count += 1) log('web');
  const view = trafficView(telemetry);
  expect(view.toEpochMs - view.fromEpochMs).toBe(5.5 * 60_000);
  expect(view.edges[0]?.requestsPerSecond).toBeCloseTo(1);
});

test('what came in is told of by the callee: by its cluster, or by the name of the log; and the certificate names the caller', () => {
  const { telemetry, log, edges } = listening();
  const local = edsCluster('app', { metadata: { filterMetadata: { meshgate: { local: true } } } });
  const named = edsCluster('cart-v2', { metadata: { filterMetadata: { meshgate: { service: 'cart' } } } });
  const eds = edsCluster('mail-v1', { edsClusterConfig: { serviceName: 'mail' } });
  telemetry.names.serve(makeSnapshot('canary' as StageName, [local, named, eds]));
  const web = 'spiffe://mesh/stage/canary/service/web';
  log('cart', { cluster: 'app', peerUris: ['spiffe://mesh/ns/x', web], callerHeader: 'liar' });
  log('cart', { cluster: 'cart-v2', callerHeader: 'batch' });
  log('cart', { cluster: 'whatever' }, 'inbound-http');
  expect(edges()).toEqual(
    ['batch cart callee 1 0 0 0', 'unknown cart callee 1 0 0 0', 'web cart callee 1 0 0 0'].sort((a, b) =>
      a.startsWith('web') ? -1 : b.startsWith('web') ? 1 : 0,
    ),
  );
  // As soon as a caller speaks for itself, what it was told of by others does not count.
  log('web', { cluster: 'cart-v2' });
  log('web', { cluster: 'mail-v1' });
  expect(edges().sort()).toEqual(['batch cart callee 1 0 0 0', 'web cart caller 1 0 0 0', 'web mail caller 1 0 0 0']);
});

test('where no host was there, the route tells the cluster, unless routes of that name lead to several', () => {
  const { telemetry, log, edges } = listening();
  const routed = route('main', 'x');
  const to = (name: string, cluster: string) => ({ name, match: { prefix: '/' }, route: { cluster } });
  const routes = [to('one', 'cart'), to('one', 'cart'), to('two', 'cart'), to('two', 'mail')];
  const body = { ...routed.body, virtualHosts: [{ name: 'main', domains: ['*'], routes }] };
  telemetry.names.serve(makeSnapshot('canary' as StageName, [{ ...routed, body }]));
  for (const name of ['one', 'two', 'three']) log('web', { cluster: '', route: name, flags: ['UH'], code: 503 });
  log('web', { cluster: '', route: 'one', codeDetails: 'direct_response', code: 503 });
  expect(edges().sort()).toEqual(['web cart caller 1 1 0 0', 'web none caller 3 2 0 0']);
});
