import type { ServiceEdge } from '../../pipeline/observe/service-map.ts';
import type { StageName } from '../../render/ids.ts';
import { bootstrapNames, referencesIn } from '../../render/references/find-references.ts';
import type { Reference } from '../../render/references/reference.ts';
import { referenceGraph } from '../../render/references/reference-graph.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import type { DanglingReference, MapEdge, MapService, MeshMapView } from '../api/types/mesh-map.ts';
import type { Stale } from '../api/types/problem.ts';
import { latencyOf } from './traffic-view.ts';

export type MapGiven = {
  readonly stage: StageName;
  /** What is live; undefined: nothing is, or it is not kept. */
  readonly snapshot: Snapshot | undefined;
  readonly edges: readonly ServiceEdge[];
  readonly fromEpochMs: number;
  readonly nowEpochMs: number;
  readonly stale: readonly Stale[];
};

/** Who calls whom over what is live, with the services that nobody calls. */
export function meshMapView(given: MapGiven): MeshMapView {
  const { stage, snapshot, fromEpochMs, nowEpochMs, stale } = given;
  const seconds = Math.max(1, (nowEpochMs - fromEpochMs) / 1_000);
  const edges = given.edges.map((edge) => mapEdge(edge, seconds));
  const configured = new Set(snapshot ? resourcesOf(snapshot, 'cluster').map(({ name }) => name) : []);
  const destinations = new Set(edges.map(({ to }) => to));
  const names = new Set([...configured, ...edges.flatMap(({ from, to }) => [from, to])]);
  const kindOf = (name: string): MapService['kind'] =>
    configured.has(name) ? 'cluster' : destinations.has(name) ? 'unknown' : 'caller';
  return {
    stage,
    ...(snapshot ? { digest: snapshot.digest } : {}),
    fromEpochMs,
    toEpochMs: nowEpochMs,
    services: [...names].sort().map((name) => serviceOf(name, kindOf(name), edges, seconds)),
    edges,
    dangling: snapshot ? danglingIn(snapshot) : [],
    stale,
  };
}

function mapEdge(edge: ServiceEdge, seconds: number): MapEdge {
  // Connections without HTTP count as requests do: that is what such a service is asked for.
  const requests = edge.requests + edge.connections;
  const failures = edge.failures + edge.connectionFailures;
  return {
    from: edge.source,
    to: edge.destination,
    requests,
    failures,
    requestsPerSecond: rate(requests, seconds),
    ...(requests > 0 ? { failureShare: Math.min(1, failures / requests) } : {}),
    ...latencyOf('p50Ms', edge.latencyCounts, 0.5),
    ...latencyOf('p99Ms', edge.latencyCounts, 0.99),
  };
}

const rate = (requests: number, seconds: number): number => Math.round((requests / seconds) * 100) / 100;

function serviceOf(name: string, kind: MapService['kind'], edges: readonly MapEdge[], seconds: number): MapService {
  const reaching = edges.filter(({ to }) => to === name);
  const requests = reaching.reduce((sum, edge) => sum + edge.requests, 0);
  const failures = reaching.reduce((sum, edge) => sum + edge.failures, 0);
  return {
    name,
    kind,
    requestsPerSecond: rate(requests, seconds),
    ...(requests > 0 ? { failureShare: Math.min(1, failures / requests) } : {}),
  };
}

/** What names something that is neither in the snapshot nor in its bootstrap. */
function danglingIn(snapshot: Snapshot): readonly DanglingReference[] {
  return referencesIn(snapshot)
    .filter((reference) => isMissing(reference, snapshot))
    .map(({ from, to, name, role, whenMissing, at }) => ({
      from: { kind: from.kind, name: from.name },
      to: { kind: to, name },
      role,
      whenMissing,
      at,
    }));
}

export function isMissing({ to, name }: Pick<Reference, 'to' | 'name'>, snapshot: Snapshot): boolean {
  if (referenceGraph(snapshot).find(to, name)) return false;
  const inBootstrap = to === 'cluster' || to === 'listener' || to === 'secret';
  return !inBootstrap || !bootstrapNames(snapshot, to).includes(name);
}
