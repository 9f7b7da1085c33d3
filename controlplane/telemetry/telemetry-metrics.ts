import type { MetricFamily, Sample } from '../admin/prometheus-text.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import type { ExchangeSums } from './edge-sums.ts';
import { LOGGED_KEY, type LoggedRow, SERVICE_KEY } from './exchange-tables.ts';
import type { Telemetry } from './telemetry.ts';

type Labels = Readonly<Record<string, string>>;
type Labelled<Row> = { readonly labels: Labels; readonly row: Row };

/** What is told of every row, by the name that its metric has behind `meshgate_service_` and `meshgate_logged_`. */
const SUMS: readonly (readonly [keyof Omit<ExchangeSums, 'latencyCounts'>, name: string, help: string])[] = [
  ['requests', 'requests_total', 'HTTP requests.'],
  ['failures', 'failures_total', 'Requests that were answered 5xx, or not at all.'],
  ['retries', 'retries_total', 'Attempts beyond the first.'],
  ['timeouts', 'timeouts_total', 'Exchanges whose time was over.'],
  ['connections', 'connections_total', 'TCP connections without HTTP.'],
  ['connectionFailures', 'connection_failures_total', 'TCP connections that no host took.'],
  ['bytesSent', 'sent_bytes_total', 'Bytes to the destination.'],
  ['bytesReceived', 'received_bytes_total', 'Bytes from the destination.'],
];

/**
 * The traffic of the fleet as metrics. Series are bounded by `TABLE_LIMITS`; those of which nothing was heard for an hour go, and begin
 * anew with 0 when they come back, as after a restart.
 */
export function telemetryMetrics(telemetry: Telemetry): readonly MetricFamily[] {
  const { stage, services, logged } = telemetry;
  const now = telemetry.now();
  const labelled = <Row>(rows: Iterable<readonly [readonly string[], Row]>, names: readonly string[]) =>
    [...rows].map(([key, row]): Labelled<Row> => {
      const labels: Record<string, string> = { stage };
      for (const [index, name] of names.entries()) labels[name] = key[index] ?? '';
      return { labels, row };
    });
  const serviceRows = labelled(services.table.rows(now), SERVICE_KEY);
  const loggedRows = labelled(logged.table.rows(now), LOGGED_KEY);
  return [
    ...sumsOf('meshgate_service', 'Between services:', serviceRows),
    {
      name: 'meshgate_service_latency_seconds',
      help: 'Between services: until the answer was there.',
      type: 'histogram',
      samples: serviceRows.flatMap(({ labels, row }) => bucketsOf(labels, row.latencyCounts)),
    },
    ...sumsOf('meshgate_logged', 'In access logs:', loggedRows),
    {
      name: 'meshgate_logged_latency_seconds',
      help: 'In access logs: until the last byte was sent to the client.',
      type: 'histogram',
      samples: loggedRows.flatMap(({ labels, row }) => loggedBuckets(labels, row)),
    },
    {
      name: 'meshgate_logged_response_flags_total',
      help: 'In access logs: exchanges and connections by each response flag of Envoy.',
      type: 'counter',
      samples: loggedRows.flatMap(({ labels, row }) =>
        [...row.flags].map(([flag, value]) => ({ labels: { ...labels, flag }, value })),
      ),
    },
    ...lossMetrics(telemetry),
  ];
}

const sumsOf = (prefix: string, where: string, rows: readonly Labelled<ExchangeSums>[]): MetricFamily[] =>
  SUMS.map(([sum, name, help]) => ({
    name: `${prefix}_${name}`,
    help: `${where} ${help}`,
    type: 'counter' as const,
    // Requests are told of where there are none, so that shares of them can be computed; the rest where there is something.
    samples: rows
      .filter(({ row }) => row[sum] > 0 || (row.requests > 0 && (sum === 'requests' || sum === 'failures')))
      .map(({ labels, row }) => ({ labels, value: row[sum] })),
  }));

function bucketsOf(labels: Labels, counts: readonly number[]): Sample[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return [];
  let below = 0;
  const buckets = LATENCY_BOUNDS_MS.map((boundMs, index): Sample => {
    below += counts[index] ?? 0;
    return { suffix: '_bucket', labels, le: String(boundMs / 1_000), value: below };
  });
  return [...buckets, { suffix: '_bucket', labels, le: '+Inf', value: all }, { suffix: '_count', labels, value: all }];
}

function loggedBuckets(labels: Labels, row: LoggedRow): Sample[] {
  const samples = bucketsOf(labels, row.latencyCounts);
  if (samples.length === 0) return [];
  const traced = samples.map((sample, index) => {
    const found = sample.suffix === '_bucket' ? row.exemplars[index] : undefined;
    if (!found) return sample;
    return {
      ...sample,
      exemplar: { labels: { trace_id: found.traceId }, value: found.seconds, atEpochMs: found.atEpochMs },
    };
  });
  return [...traced, { suffix: '_sum', labels, value: row.latencySumMs / 1_000 }];
}

function lossMetrics({ counts, pace, services, logged, edges, outs }: Telemetry): MetricFamily[] {
  const { pauses, pausedMs } = pace.counts();
  const counter = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
    name,
    help,
    type: 'counter',
    samples,
  });
  const tables = [
    ['service', services.table],
    ['logged', logged.table],
  ] as const;
  const ofOuts = (what: 'written' | 'dropped' | 'waiting'): Sample[] =>
    outs.map((out) => ({ labels: { out: out.name }, value: out.counts()[what] }));
  return [
    counter('meshgate_access_log_entries_total', 'Entries of access logs that were read.', [{ value: counts.entries }]),
    counter('meshgate_access_log_lost_in_envoys_total', 'Entries that Envoys gave up, as their metrics say.', [
      { value: counts.lostInEnvoys },
    ]),
    counter('meshgate_evidence_malformed_streams_total', 'Streams that ended since their bytes were no such message.', [
      { value: counts.malformedStreams },
    ]),
    {
      name: 'meshgate_evidence_streams',
      help: 'Open streams of Envoys: their metrics, and their access logs.',
      type: 'gauge',
      samples: [
        { labels: { kind: 'metrics' }, value: counts.metricStreams },
        { labels: { kind: 'logs' }, value: counts.logStreams },
      ],
    },
    counter('meshgate_evidence_pauses_total', 'Times that a stream of logs or metrics was left waiting.', [
      { value: pauses },
    ]),
    counter('meshgate_evidence_paused_seconds_total', 'How long streams were left waiting, added up.', [
      { value: pausedMs / 1_000 },
    ]),
    {
      name: 'meshgate_telemetry_rows',
      help: 'Rows that are kept apart.',
      type: 'gauge',
      samples: tables.map(([table, { size }]) => ({ labels: { table }, value: size })),
    },
    counter(
      'meshgate_telemetry_folded_total',
      'Times that something was added to a row called other, as there were too many.',
      tables.map(([table, { folded }]) => ({ labels: { table }, value: folded })),
    ),
    counter('meshgate_service_map_lost_rows_total', 'Rows of the service map that no store took in time.', [
      { value: edges.lost },
    ]),
    counter('meshgate_access_log_written_total', 'Entries that were written.', ofOuts('written')),
    counter('meshgate_access_log_dropped_total', 'Entries that could not be written.', ofOuts('dropped')),
    {
      name: 'meshgate_access_log_waiting',
      help: 'Entries that wait to be written.',
      type: 'gauge',
      samples: ofOuts('waiting'),
    },
  ];
}
