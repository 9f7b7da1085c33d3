import { isJsonObject, type JsonValue } from '../../render/json.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';

/** What the snapshot says about clusters that is of interest here. */
export type Neighbours = {
  /** Clusters that a request to a cluster may reach as well: of the same route (weights, copies), or inside an aggregate. */
  readonly beside: ReadonlyMap<string, ReadonlySet<string>>;
  /** Clusters with circuit breakers so tight that checks beside each other would trip them. */
  readonly tight: ReadonlySet<string>;
};

/** Names of clusters below a route action: `cluster`, weighted clusters, mirrors. */
function clustersBelow(value: JsonValue | undefined, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const item of value) clustersBelow(item, found);
  else if (isJsonObject(value)) {
    if (typeof value.cluster === 'string') found.add(value.cluster);
    for (const item of [value.weightedClusters, value.requestMirrorPolicies]) clustersBelow(item, found);
    if (Array.isArray(value.clusters)) {
      for (const item of value.clusters) {
        if (typeof item === 'string') found.add(item);
        else if (isJsonObject(item) && typeof item.name === 'string') clustersBelow(item, found.add(item.name));
      }
    }
  }
  return found;
}

function* routeActions(value: JsonValue | undefined): Generator<JsonValue> {
  if (Array.isArray(value)) for (const item of value) yield* routeActions(item);
  else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (key === 'requestMirrorPolicies') yield value;
      if (key === 'route' && isJsonObject(member)) yield member;
      yield* routeActions(member);
    }
  }
}

function tightestLimit(breakers: JsonValue | undefined): number {
  const thresholds = isJsonObject(breakers) && Array.isArray(breakers.thresholds) ? breakers.thresholds : [];
  const limits = thresholds
    .filter(isJsonObject)
    .flatMap(({ maxConnections, maxPendingRequests, maxRequests }) =>
      [maxConnections, maxPendingRequests, maxRequests].filter((limit) => typeof limit === 'number'),
    );
  return Math.min(Infinity, ...limits);
}

/** `atATime`: how many checks may run at once; circuit breakers below that are tight. */
export function neighboursIn(snapshot: Snapshot | undefined, atATime: number): Neighbours {
  const beside = new Map<string, Set<string>>();
  const tight = new Set<string>();
  if (!snapshot) return { beside, tight };
  const join = (names: ReadonlySet<string>): void => {
    for (const name of names) beside.set(name, new Set([...(beside.get(name) ?? []), ...names]));
  };
  for (const kind of ['route', 'listener'] as const) {
    for (const { body } of resourcesOf(snapshot, kind))
      for (const action of routeActions(body)) join(clustersBelow(action));
  }
  for (const { name, body } of resourcesOf(snapshot, 'cluster')) {
    if (tightestLimit(body.circuitBreakers) < atATime) tight.add(name);
    const custom =
      isJsonObject(body.clusterType) && isJsonObject(body.clusterType.typedConfig)
        ? body.clusterType.typedConfig
        : undefined;
    if (custom && Array.isArray(custom.clusters)) join(new Set([name, ...clustersBelow(custom)]));
  }
  return { beside, tight };
}
