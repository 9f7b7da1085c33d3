import { fromJson, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { accessLogService } from '../../../controlplane/access-logs/access-log-service.ts';
import { trafficOfExchanges } from '../../../controlplane/access-logs/traffic-of-exchanges.ts';
import { openMetricsText, prometheusText } from '../../../controlplane/admin/prometheus-text.ts';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { TrafficMeter } from '../../../controlplane/fleet/traffic-meter.ts';
import { noExchanges } from '../../../controlplane/telemetry/edge-sums.ts';
import { EDGE_LIMITS } from '../../../controlplane/telemetry/edge-windows.ts';
import { TABLE_LIMITS } from '../../../controlplane/telemetry/exchange-tables.ts';
import { ReadingPace } from '../../../controlplane/telemetry/reading-pace.ts';
import { Telemetry } from '../../../controlplane/telemetry/telemetry.ts';
import { telemetryMetrics } from '../../../controlplane/telemetry/telemetry-metrics.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';
import { entry, node } from './entry.ts';

const START = 1_800_000_000_000;
const FLOOD = 102_000;

function atTime(options: Partial<ConstructorParameters<typeof Telemetry>[0]> = {}) {
  let now = START;
  const telemetry = new Telemetry({ stage: 'canary', nowEpochMs: () => now, ...options });
  return {
    telemetry,
    pass: (ms: number) => {
      now += ms;
    },
    log: (source: string, more: Parameters<typeof entry>[0]) => {
      const entries = [entry(more)];
      telemetry.takeLog(node(source), { logName: '', entries }, true, trafficOfExchanges(entries));
    },
  };
}
const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

test('100,000 keys of one service: sums are exact, rows are bounded, and who comes after has a row of its own', () => {
  const { telemetry, log, pass } = atTime();
  const hostile = '\0\n"}\u202e'.repeat(10);
  for (let index = 0; index < FLOOD; index += 1)
    log('loud', { cluster: `${index}${hostile}`, route: `r${index}`, code: index % 3 === 0 ? 503 : 200 });
  log('quiet', { cluster: 'cart' });

  const rows = [...telemetry.logged.table.rows(START)];
  expect(rows.length).toBeLessThanOrEqual(TABLE_LIMITS.maxPerOwner + 2);
  expect(total(rows.map(([, row]) => row.requests))).toBe(FLOOD + 1);
  expect(total(rows.map(([, row]) => row.failures))).toBe(FLOOD / 3);
  expect(rows.find(([[source, destination]]) => source === 'loud' && destination === 'other')?.[1].requests).toBe(
    FLOOD - TABLE_LIMITS.maxPerOwner,
  );
  expect(rows.find(([[source]]) => source === 'quiet')?.[1].requests).toBe(1);
  expect(telemetry.logged.table.folded).toBe(FLOOD - TABLE_LIMITS.maxPerOwner);
  const edges = telemetry.edges.takeChanged(START + EDGE_LIMITS.windowMs);
  expect(edges.length).toBeLessThanOrEqual(EDGE_LIMITS.maxPerSource + 2);
  expect(total(edges.map(({ requests }) => requests))).toBe(FLOOD + 1);
  for (const text of [prometheusText(telemetryMetrics(telemetry)), openMetricsText(telemetryMetrics(telemetry))])
    expect(text.length).toBeLessThan(20_000_000);

  // What is gone goes, and makes room.
  pass(TABLE_LIMITS.keptMs + 1);
  log('loud', { cluster: 'cart' });
  expect([...telemetry.logged.table.rows(telemetry.now())].map(([[source]]) => source)).toEqual(['loud']);
});

test('100,000 services: those beyond the number of rows are other, together', () => {
  const { telemetry, log } = atTime();
  for (let index = 0; index < FLOOD; index += 1) log(`s${index}`, {});
  for (const table of [telemetry.logged.table, telemetry.services.table]) {
    const rows = [...table.rows(START)];
    expect(rows).toHaveLength(TABLE_LIMITS.maxRows + 1);
    expect(total(rows.map(([, row]) => row.requests))).toBe(FLOOD);
    expect(rows.at(-1)?.[0]).toEqual(rows.at(-1)?.[0].map(() => 'other'));
  }
});

test('what Envoys make up can be stored: numbers stay whole and exact, names are text', () => {
  const { telemetry, pass } = atTime();
  const traffic = new TrafficMeter({ nowEpochMs: () => telemetry.now(), intervalMs: 5_000 });
  const most = Number.MAX_SAFE_INTEGER;
  const entries = Array.from({ length: 1_100 }, () => entry({ bytesSent: most, bytesReceived: most }));
  telemetry.takeLog(node('loud'), { logName: '', entries }, true, trafficOfExchanges(entries));
  const latencyCounts = noExchanges().latencyCounts.map(() => most);
  const sums = { ...noExchanges(), requests: most, failures: most, retries: most, latencyCounts };
  for (let count = 0; count < 1_100; count += 1) {
    telemetry.takeMetrics(node('loud'), new Map([['cart', sums]]), undefined);
    traffic.add({ ...sums, panicPicks: new Map([[`c\0${'x'.repeat(1_000)}`, most]]) });
  }
  pass(EDGE_LIMITS.windowMs);
  const edges = telemetry.edges.takeChanged(telemetry.now());
  const intervals = traffic.takeFinished();
  const numbers = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : value instanceof Object ? Object.values(value).flatMap(numbers) : [];
  expect([edges.length, intervals.length]).toEqual([1, 1]);
  expect(numbers([edges, intervals]).filter((number) => !Number.isSafeInteger(number))).toEqual([]);
  expect(intervals[0]?.panicClusters).toEqual([expect.stringMatching(/^c\ufffdx{197}…$/)]);
});

test('logs that come faster than they may be read wait, and none of them is lost', async () => {
  // A clock on which reading takes long, whatever machine this is.
  let ms = 0;
  const pace = new ReadingPace(() => {
    ms += 5;
    return ms;
  }, 0.2);
  const { telemetry } = atTime({ pace });
  const traffic = new TrafficMeter({ nowEpochMs: () => START, intervalMs: 5_000 });
  await using controlPlane = await startControlPlane({
    host: '127.0.0.1',
    port: 0,
    services: [accessLogService({ traffic, telemetry, mismatch: () => undefined })],
  });
  const schema = messageSchema('envoy.service.accesslog.v3.StreamAccessLogsMessage');
  const { registry } = newestApiSet();
  const perMessage = 1_000;
  const logEntry = Array.from({ length: perMessage }, (_, index) => ({
    commonProperties: { upstreamCluster: `c${index}`, routeName: `r${index}`, duration: '0.003s' },
    response: { responseCode: 200 },
  }));
  const identifier = { node: { id: 'web-1', cluster: 'web' } };
  const bytes = Buffer.from(toBinary(schema, fromJson(schema, { identifier, httpLogs: { logEntry } }, { registry })));
  const client = new grpc.Client(`127.0.0.1:${controlPlane.port}`, grpc.credentials.createInsecure());
  const pass = (buffer: Buffer): Buffer => buffer;
  const streams = Array.from({ length: 4 }, () =>
    client.makeClientStreamRequest(
      '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
      pass,
      pass,
      () => undefined,
    ),
  );
  const messages = 5;
  for (const stream of streams) for (let sent = 0; sent < messages; sent += 1) stream.write(bytes);
  const wanted = streams.length * messages * perMessage;
  await pollUntil('all entries', 60_000, new AbortController().signal, async () =>
    telemetry.counts.entries === wanted ? true : undefined,
  );
  for (const stream of streams) stream.cancel();
  client.close();
  expect(pace.counts().pauses).toBeGreaterThan(0);
  expect(total([...telemetry.logged.table.rows(START)].map(([, row]) => row.requests))).toBe(wanted);
});
