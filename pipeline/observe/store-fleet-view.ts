import type { Digest } from '../../render/ids.ts';
import type { ControlPlaneState, FleetNode, FleetView, TrafficSample } from './fleet-view.ts';
import type { FleetStore } from './store-fleet-sink.ts';

/** A control plane that was not heard of for so long is dead, and what it said of its nodes is what was. It reports every 5 s. */
export const ALIVE_MS = 20_000;

/** The fleet as control planes stored it. `nowEpochMs` is the clock that tells which of them are alive. */
export function storeFleetView(store: FleetStore, nowEpochMs: () => number): FleetView {
  return {
    async nodes(stage) {
      const rows = await store.sql<NodeRow>(
        `SELECT n.node_id, n.envoy_version, n.served_digest, n.state, n.nacks::text AS nacks,
           n.connected_since_ms::float8 AS connected_since_ms, n.state_since_ms::float8 AS state_since_ms,
           n.seen_ms::float8 AS seen_ms, c.seen_ms::float8 AS heard_ms
         FROM meshgate.fleet_nodes n LEFT JOIN meshgate.fleet_control_planes c ON c.id = n.control_plane
         WHERE n.stage = $1`,
        [stage],
      );
      const aliveSince = nowEpochMs() - ALIVE_MS;
      return newestOfEach(rows.map((row) => nodeOf(row, aliveSince)));
    },
    async traffic(stage, fromEpochMs, toEpochMs) {
      const rows = await store.sql<TrafficRow>(
        `SELECT from_ms::float8 AS from_ms, to_ms::float8 AS to_ms, requests::float8 AS requests, failures::float8 AS failures,
           latency_counts::text AS latency_counts, panic_picks::float8 AS panic_picks, panic_clusters::text AS panic_clusters
         FROM meshgate.fleet_traffic WHERE stage = $1 AND from_ms >= $2::bigint AND to_ms <= $3::bigint ORDER BY from_ms`,
        [stage, Math.ceil(fromEpochMs), Math.floor(toEpochMs)],
      );
      return addedUp(rows.map(sampleOf));
    },
    async controlPlanes(stage) {
      const rows = await store.sql<ControlPlaneRow>(
        `SELECT id, served_digest, problem, state_since_ms::float8 AS state_since_ms, seen_ms::float8 AS seen_ms,
           findings::text AS findings
         FROM meshgate.fleet_control_planes
         WHERE stage = $1 AND seen_ms >= $2::bigint ORDER BY id`,
        [stage, Math.floor(nowEpochMs() - ALIVE_MS)],
      );
      return rows.map(
        ({ id, served_digest, problem, state_since_ms, seen_ms, findings }): ControlPlaneState => ({
          id,
          servedDigest: (served_digest ?? undefined) as Digest | undefined,
          problem: problem ?? undefined,
          stateSinceEpochMs: state_since_ms,
          seenEpochMs: seen_ms,
          findings: JSON.parse(findings),
        }),
      );
    },
  };
}

type NodeRow = {
  readonly node_id: string;
  readonly envoy_version: string;
  readonly served_digest: string;
  readonly state: FleetNode['state'];
  readonly nacks: string;
  readonly connected_since_ms: number;
  readonly state_since_ms: number;
  readonly seen_ms: number;
  readonly heard_ms: number | null;
};

type TrafficRow = {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly requests: number;
  readonly failures: number;
  readonly latency_counts: string;
  readonly panic_picks: number;
  readonly panic_clusters: string;
};

type ControlPlaneRow = {
  readonly id: string;
  readonly served_digest: string | null;
  readonly problem: string | null;
  readonly state_since_ms: number;
  readonly seen_ms: number;
  readonly findings: string;
};

function nodeOf(row: NodeRow, aliveSince: number): FleetNode {
  const heard = row.heard_ms ?? row.seen_ms;
  const lost = row.state !== 'gone' && heard < aliveSince;
  return {
    nodeId: row.node_id,
    envoyVersion: row.envoy_version,
    servedDigest: row.served_digest as Digest,
    state: lost ? 'gone' : row.state,
    nacks: JSON.parse(row.nacks),
    connectedSinceEpochMs: row.connected_since_ms,
    stateSinceEpochMs: lost ? heard : row.state_since_ms,
    // A connected node is as alive as the control plane that is connected to it.
    seenEpochMs: row.state === 'gone' ? row.seen_ms : Math.max(heard, row.seen_ms),
  };
}

/** A node that went from one control plane to another is told of by both: where it is connected counts, then what is newest. */
function newestOfEach(nodes: readonly FleetNode[]): FleetNode[] {
  const byId = new Map<string, FleetNode>();
  const order = (node: FleetNode): readonly [number, number] => [
    node.state === 'gone' ? 0 : 1,
    node.state === 'gone' ? node.seenEpochMs : node.connectedSinceEpochMs,
  ];
  for (const node of nodes) {
    const known = byId.get(node.nodeId);
    const [a, b] = [order(node), known ? order(known) : [-1, 0]];
    if (a[0] > (b[0] ?? 0) || (a[0] === b[0] && a[1] >= (b[1] ?? 0))) byId.set(node.nodeId, node);
  }
  return [...byId.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

const sampleOf = (row: TrafficRow): TrafficSample => ({
  fromEpochMs: row.from_ms,
  toEpochMs: row.to_ms,
  requests: row.requests,
  failures: row.failures,
  latencyCounts: JSON.parse(row.latency_counts),
  panicPicks: row.panic_picks,
  panicClusters: JSON.parse(row.panic_clusters),
});

/** Control planes measure in the same intervals: what they say of one is added. */
function addedUp(samples: readonly TrafficSample[]): TrafficSample[] {
  const sums: TrafficSample[] = [];
  for (const sample of samples) {
    const last = sums.at(-1);
    if (last?.fromEpochMs !== sample.fromEpochMs) sums.push(sample);
    else
      sums[sums.length - 1] = {
        ...last,
        requests: last.requests + sample.requests,
        failures: last.failures + sample.failures,
        latencyCounts: last.latencyCounts.map((count, index) => count + (sample.latencyCounts[index] ?? 0)),
        panicPicks: last.panicPicks + sample.panicPicks,
        panicClusters: [...new Set([...last.panicClusters, ...sample.panicClusters])].sort(),
      };
  }
  return sums;
}
