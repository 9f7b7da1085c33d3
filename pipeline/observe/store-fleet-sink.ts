import type { ReportSink } from '../../controlplane/fleet/fleet-report.ts';
import type { PipelineStore } from '../store/pipeline-store.ts';

export type FleetStore = Pick<PipelineStore, 'sql'>;

/** Rows of control planes that were not heard of for so long go away. */
const DEAD_KEPT_MS = 15 * 60_000;
/** Samples are looked at while a promotion is observed, and a while before. */
export const TRAFFIC_KEPT_MS = 24 * 60 * 60_000;
/** Rows of the service map per statement. */
const EDGES_AT_ONCE = 1_000;
const SWEEP_EVERY_MS = 60_000;
/** A database that hangs is a database that is gone. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Stores reports of control planes. Rows carry the time of their report, so that one which was delayed does not overwrite a newer one,
 * and one that is stored twice changes nothing. Rejects when the store is gone.
 */
export function storeFleetSink(store: FleetStore): ReportSink {
  let sweptAtEpochMs = 0;
  const write: ReportSink = async ({
    id,
    stage,
    servedDigest,
    problem,
    stateSinceEpochMs,
    atEpochMs,
    nodes,
    forgotten,
    traffic,
    findings = [],
    edges = [],
  }) => {
    if (nodes.length > 0) await store.sql(UPSERT_NODES, [id, stage, atEpochMs, textOf(nodes)]);
    // Nodes first: who sees the control plane serve a digest finds its nodes with it.
    await store.sql(UPSERT_CONTROL_PLANE, [
      id,
      stage,
      servedDigest ?? null,
      problem === undefined ? null : storable(problem),
      stateSinceEpochMs,
      atEpochMs,
      textOf(findings),
    ]);
    if (forgotten.length > 0)
      await store.sql(
        `DELETE FROM meshgate.fleet_nodes WHERE control_plane = $1
         AND node_id IN (SELECT jsonb_array_elements_text($2::text::jsonb))`,
        [id, textOf(forgotten)],
      );
    if (traffic.length > 0) await store.sql(INSERT_TRAFFIC, [id, stage, JSON.stringify(traffic)]);
    for (let at = 0; at < edges.length; at += EDGES_AT_ONCE)
      await store.sql(UPSERT_EDGES, [id, stage, atEpochMs, textOf(edges.slice(at, at + EDGES_AT_ONCE))]);
    if (atEpochMs - sweptAtEpochMs < SWEEP_EVERY_MS) return;
    sweptAtEpochMs = atEpochMs;
    await sweep(store, atEpochMs);
  };
  return (report) => within(ANSWER_WITHIN_MS, write(report));
}

/** What Envoys say is text from outside: PostgreSQL has neither U+0000 nor half of a surrogate pair, and nobody reads thousands of names. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member) => (typeof member === 'string' ? storable(member) : member));

async function sweep(store: FleetStore, nowEpochMs: number): Promise<void> {
  const dead = nowEpochMs - DEAD_KEPT_MS;
  await store.sql('DELETE FROM meshgate.fleet_control_planes WHERE seen_ms < $1::bigint', [dead]);
  await store.sql(
    `DELETE FROM meshgate.fleet_nodes n WHERE reported_ms < $1::bigint
     AND NOT EXISTS (SELECT 1 FROM meshgate.fleet_control_planes c WHERE c.id = n.control_plane)`,
    [dead],
  );
  await store.sql('DELETE FROM meshgate.fleet_traffic WHERE to_ms < $1::bigint', [nowEpochMs - TRAFFIC_KEPT_MS]);
  await store.sql('DELETE FROM meshgate.fleet_edge WHERE to_ms < $1::bigint', [nowEpochMs - TRAFFIC_KEPT_MS]);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the store gave no answer within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

const UPSERT_CONTROL_PLANE = `
  INSERT INTO meshgate.fleet_control_planes (id, stage, served_digest, problem, state_since_ms, seen_ms, findings)
  VALUES ($1, $2, $3, $4, $5::bigint, $6::bigint, $7::text::jsonb)
  ON CONFLICT (id) DO UPDATE SET served_digest = excluded.served_digest, problem = excluded.problem,
    state_since_ms = excluded.state_since_ms, seen_ms = excluded.seen_ms, findings = excluded.findings
  WHERE fleet_control_planes.seen_ms <= excluded.seen_ms`;

const UPSERT_NODES = `
  INSERT INTO meshgate.fleet_nodes (control_plane, node_id, stage, envoy_version, served_digest, state, nacks, connected_since_ms,
    state_since_ms, seen_ms, reported_ms)
  SELECT $1, "nodeId", $2, "envoyVersion", "servedDigest", state, nacks, "connectedSinceEpochMs", "stateSinceEpochMs",
    "seenEpochMs", $3::bigint
  FROM jsonb_to_recordset($4::text::jsonb) AS node ("nodeId" text, "envoyVersion" text, "servedDigest" text, state text, nacks jsonb,
    "connectedSinceEpochMs" bigint, "stateSinceEpochMs" bigint, "seenEpochMs" bigint)
  ON CONFLICT (control_plane, node_id) DO UPDATE SET envoy_version = excluded.envoy_version, served_digest = excluded.served_digest,
    state = excluded.state, nacks = excluded.nacks, connected_since_ms = excluded.connected_since_ms,
    state_since_ms = excluded.state_since_ms, seen_ms = excluded.seen_ms, reported_ms = excluded.reported_ms
  WHERE fleet_nodes.reported_ms <= excluded.reported_ms`;

const INSERT_TRAFFIC = `
  INSERT INTO meshgate.fleet_traffic (stage, from_ms, control_plane, to_ms, requests, failures, latency_counts, panic_picks, panic_clusters)
  SELECT $2, "fromEpochMs", $1, "toEpochMs", requests, failures, "latencyCounts", "panicPicks", "panicClusters"
  FROM jsonb_to_recordset($3::text::jsonb) AS sums ("fromEpochMs" bigint, "toEpochMs" bigint, requests bigint, failures bigint,
    "latencyCounts" jsonb, "panicPicks" bigint, "panicClusters" jsonb)
  ON CONFLICT DO NOTHING`;

const UPSERT_EDGES = `
  INSERT INTO meshgate.fleet_edge (stage, from_ms, control_plane, source, destination, reporter, to_ms, reported_ms, requests, failures,
    latency_counts, retries, timeouts, connections, connection_failures, bytes_sent, bytes_received)
  SELECT $2, "fromEpochMs", $1, source, destination, reporter, "toEpochMs", $3::bigint, requests, failures, "latencyCounts", retries,
    timeouts, connections, "connectionFailures", "bytesSent", "bytesReceived"
  FROM jsonb_to_recordset($4::text::jsonb) AS sums ("fromEpochMs" bigint, "toEpochMs" bigint, source text, destination text,
    reporter text, requests bigint, failures bigint, "latencyCounts" bigint[], retries bigint, timeouts bigint, connections bigint,
    "connectionFailures" bigint, "bytesSent" bigint, "bytesReceived" bigint)
  ON CONFLICT (stage, from_ms, control_plane, source, destination, reporter) DO UPDATE SET reported_ms = excluded.reported_ms,
    requests = excluded.requests, failures = excluded.failures, latency_counts = excluded.latency_counts, retries = excluded.retries,
    timeouts = excluded.timeouts, connections = excluded.connections, connection_failures = excluded.connection_failures,
    bytes_sent = excluded.bytes_sent, bytes_received = excluded.bytes_received
  WHERE fleet_edge.reported_ms <= excluded.reported_ms`;
