import { isJsonObject, type JsonValue } from '../../render/json.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import type { Check, RequestCheck } from './check.ts';

/** How many checks of a batch run at a time. */
export const CHECKS_AT_A_TIME = 16;

/** Clusters by name, or every cluster there is. */
type Clusters = 'all' | ReadonlySet<string>;
type Footprint = {
  /** Clusters that its requests may reach, or whose state it looks at. */
  readonly touches: Clusters;
  /** Clusters that behave otherwise while it runs. */
  readonly disturbs: Clusters;
};

const NONE: ReadonlySet<string> = new Set();
/** Stands among cluster names for the right to turn the health of hosts; no cluster is named so. */
const HEALTH_TURN = '\0health';
const EXCLUSIVE: Footprint = { touches: 'all', disturbs: 'all' };

const overlap = (a: Clusters, b: Clusters): boolean => {
  if (a === 'all') return b === 'all' || b.size > 0;
  return b === 'all' ? a.size > 0 : [...a].some((name) => b.has(name));
};
const inConflict = (a: Footprint, b: Footprint): boolean =>
  overlap(a.disturbs, b.touches) || overlap(b.disturbs, a.touches);

/** What the snapshot says about clusters that is of interest here. */
type Neighbours = {
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

function neighboursIn(snapshot: Snapshot | undefined): Neighbours {
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
    if (tightestLimit(body.circuitBreakers) < CHECKS_AT_A_TIME) tight.add(name);
    const custom =
      isJsonObject(body.clusterType) && isJsonObject(body.clusterType.typedConfig)
        ? body.clusterType.typedConfig
        : undefined;
    if (custom && Array.isArray(custom.clusters)) join(new Set([name, ...clustersBelow(custom)]));
  }
  return { beside, tight };
}

function requestFootprint(check: RequestCheck, { beside, tight }: Neighbours): Footprint {
  const {
    answeredBy = [],
    shares = {},
    mirroredTo = [],
    mirrorShares = {},
    stats,
    accessLog,
    latencyMs,
  } = check.expect;
  // Counters, logs and times are of the whole Envoy: nobody else may add to them.
  if (stats || accessLog || latencyMs) return EXCLUSIVE;
  const arranged = check.arrangements.map(({ hosts }) => hosts.cluster);
  const named = [...answeredBy, ...Object.keys(shares), ...mirroredTo, ...Object.keys(mirrorShares), ...arranged];
  const withNeighbours = new Set(named.flatMap((name) => [name, ...(beside.get(name) ?? [])]));
  // A check that does not say which cluster answers may reach any; one that is not answered by a cluster reaches none that matters.
  const isNamed = answeredBy.length > 0 || Object.keys(shares).length > 0;
  const touches: Clusters = isNamed ? withNeighbours : 'all';
  const tightOnes = touches === 'all' ? tight : new Set([...withNeighbours].filter((name) => tight.has(name)));
  // Whether Envoy has noticed a change of health is read from a counter of the whole Envoy: one check of the kind at a time.
  const turnsHealth = check.arrangements.some(({ health }) => health !== undefined);
  if (turnsHealth)
    return {
      touches: touches === 'all' ? 'all' : new Set([...touches, HEALTH_TURN]),
      disturbs: new Set([...arranged, ...tightOnes, HEALTH_TURN]),
    };
  return { touches, disturbs: new Set([...arranged, ...tightOnes]) };
}

function footprintOf(check: Check, neighbours: Neighbours): Footprint {
  switch (check.kind) {
    case 'request':
      return requestFootprint(check, neighbours);
    case 'tcp':
      return { touches: new Set(check.answeredBy), disturbs: NONE };
    case 'cluster-health':
      return { touches: new Set([check.cluster]), disturbs: NONE };
    case 'script':
      return EXCLUSIVE; // A program may do anything, through the admin interface too.
    case 'uncheckable':
      return { touches: NONE, disturbs: NONE };
    default:
      return check satisfies never;
  }
}

/** Health first, for everything else needs it; what changes how hosts behave late, for outlier detection remembers; scripts last. */
function rankOf(check: Check): number {
  if (check.kind === 'cluster-health' || check.kind === 'uncheckable') return 0;
  if (check.kind === 'script') return 3;
  return check.kind === 'request' && check.arrangements.length > 0 ? 2 : 1;
}

/**
 * Batches to run one after the other; the checks of one batch do not disturb each other and run side by side. Sound as far as the
 * snapshot tells: two checks share a batch only if neither changes a cluster that the other may reach, and if neither counts
 * what is of the whole Envoy. Within a rank the given order is kept.
 */
export function scheduleChecks(checks: readonly Check[], snapshot?: Snapshot): readonly (readonly Check[])[] {
  const neighbours = neighboursIn(snapshot);
  const batches: Check[][] = [];
  for (const rank of [0, 1, 2, 3]) {
    const ofRank: { readonly checks: Check[]; readonly footprints: Footprint[] }[] = [];
    for (const check of checks.filter((candidate) => rankOf(candidate) === rank)) {
      const footprint = footprintOf(check, neighbours);
      const free = ofRank.find(({ footprints }) => !footprints.some((other) => inConflict(footprint, other)));
      if (free) {
        free.checks.push(check);
        free.footprints.push(footprint);
      } else ofRank.push({ checks: [check], footprints: [footprint] });
    }
    batches.push(...ofRank.map((batch) => batch.checks));
  }
  return batches;
}
