import { LATENCY_BOUNDS_MS } from '../../controlplane/fleet/traffic-sums.ts';
import { toldOnce } from '../../controlplane/telemetry/told-once.ts';
import type { ServiceEdge, ServiceMap } from './service-map.ts';
import type { FleetStore } from './store-fleet-sink.ts';

type Row = {
  readonly source: string;
  readonly destination: string;
  readonly reporter: ServiceEdge['reporter'];
  readonly latency: string;
} & Readonly<Record<(typeof COLUMNS)[number] | 'from_ms' | 'to_ms', number>>;

const COLUMNS = [
  'requests',
  'failures',
  'retries',
  'timeouts',
  'connections',
  'connection_failures',
  'bytes_sent',
  'bytes_received',
] as const;

const BUCKETS = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, index) => index + 1);

const SELECT = `
  SELECT source, destination, reporter, min(from_ms)::float8 AS from_ms, max(to_ms)::float8 AS to_ms,
    ${COLUMNS.map((column) => `sum(${column})::float8 AS ${column}`).join(', ')},
    json_build_array(${BUCKETS.map((bucket) => `sum(coalesce(latency_counts[${bucket}], 0))`).join(', ')})::text AS latency
  FROM meshgate.fleet_edge WHERE stage = $1 AND to_ms > $2::bigint AND from_ms < $3::bigint
  GROUP BY source, destination, reporter ORDER BY source, destination, reporter`;

const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;

/** The service map as control planes stored it (`storeFleetSink`). */
export function storeServiceMap(store: FleetStore): ServiceMap {
  return {
    async serviceMap({ stage, sinceEpochMs, untilEpochMs = FOR_EVER_MS }) {
      const rows = await store.sql<Row>(SELECT, [stage, Math.floor(sinceEpochMs), Math.ceil(untilEpochMs)]);
      return toldOnce(rows.map(edgeOf));
    },
  };
}

const edgeOf = (row: Row): ServiceEdge => ({
  source: row.source,
  destination: row.destination,
  reporter: row.reporter,
  fromEpochMs: row.from_ms,
  toEpochMs: row.to_ms,
  requests: row.requests,
  failures: row.failures,
  latencyCounts: JSON.parse(row.latency),
  retries: row.retries,
  timeouts: row.timeouts,
  connections: row.connections,
  connectionFailures: row.connection_failures,
  bytesSent: row.bytes_sent,
  bytesReceived: row.bytes_received,
});
