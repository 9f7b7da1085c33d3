import { textAt } from '../../render/read-json.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import type { Check, RequestCheck } from './check.ts';
import { type Neighbours, neighboursIn } from './neighbours.ts';
import { clusterReach } from './reachable-clusters.ts';

/** Clusters by name, or every cluster there is. */
type Clusters = 'all' | ReadonlySet<string>;
export type Footprint = {
  /** Clusters that its requests may reach, or whose state it looks at. */
  readonly touches: Clusters;
  /** Clusters that behave or count otherwise while it runs. */
  readonly disturbs: Clusters;
  /** It sends many requests at once, which makes those of others later. */
  readonly loads: boolean;
  /** It must not be late: an upper bound of a latency. */
  readonly timed: boolean;
};

const NONE: ReadonlySet<string> = new Set();
const QUIET = { disturbs: NONE, loads: false, timed: false } as const;
const EXCLUSIVE: Footprint = { touches: 'all', disturbs: 'all', loads: true, timed: true };

const overlap = (a: Clusters, b: Clusters): boolean => {
  if (a === 'all') return b === 'all' || b.size > 0;
  return b === 'all' ? a.size > 0 : [...a].some((name) => b.has(name));
};

/** Whether one of two checks might judge otherwise if they ran side by side. */
export const inConflict = (a: Footprint, b: Footprint): boolean =>
  isExclusive(a) ||
  isExclusive(b) ||
  overlap(a.disturbs, b.touches) ||
  overlap(b.disturbs, a.touches) ||
  (a.timed && b.loads) ||
  (b.timed && a.loads);

/** Whether nothing at all may run beside it. */
export const isExclusive = ({ disturbs }: Footprint): boolean => disturbs === 'all';

/** What each check reaches and changes, as far as the snapshot tells. `atATime`: how many checks may run at once. */
export function footprints(snapshot: Snapshot | undefined, atATime: number): (check: Check) => Footprint {
  const neighbours = neighboursIn(snapshot, atATime);
  const reach = snapshot ? clusterReach(snapshot) : () => undefined;
  const counting = countedClusters(snapshot);
  return (check) => {
    switch (check.kind) {
      case 'request':
        return requestFootprint(check, neighbours, reach, counting);
      case 'tcp':
        return { ...QUIET, touches: new Set(check.answeredBy) };
      case 'cluster-health':
        return { ...QUIET, touches: new Set([check.cluster]) };
      case 'script':
        return EXCLUSIVE; // A program may do anything, through the admin interface too.
      case 'uncheckable':
        return { ...QUIET, touches: NONE };
      default:
        return check satisfies never;
    }
  };
}

function requestFootprint(
  check: RequestCheck,
  { beside, tight }: Neighbours,
  reach: (listener: string) => ReadonlySet<string> | undefined,
  counting: (stat: string) => readonly string[],
): Footprint {
  const {
    answeredBy = [],
    shares = {},
    mirroredTo = [],
    mirrorShares = {},
    stats = [],
    accessLog,
    latencyMs,
  } = check.expect;
  // Lines of an access log are of the whole Envoy: nobody else may add to them.
  if (accessLog) return EXCLUSIVE;
  // So are counters, but for those of a cluster, which count what reaches it.
  const counted = stats.map(({ name }) => counting(name));
  if (counted.some((clusters) => clusters.length === 0)) return EXCLUSIVE;
  const arranged = check.arrangements.map(({ hosts }) => hosts.cluster);
  const named = [...answeredBy, ...Object.keys(shares), ...mirroredTo, ...Object.keys(mirrorShares), ...arranged];
  const withNeighbours = new Set(named.flatMap((name) => [name, ...(beside.get(name) ?? [])]));
  // A check that does not say which cluster answers may reach any that is behind its listener.
  const isNamed = answeredBy.length > 0 || Object.keys(shares).length > 0;
  const behind = isNamed ? NONE : reach(check.request.listener);
  const touches: Clusters = behind ? new Set([...withNeighbours, ...behind, ...counted.flat()]) : 'all';
  const tightOnes = touches === 'all' ? tight : new Set([...touches].filter((name) => tight.has(name)));
  return {
    touches,
    disturbs: new Set([...arranged, ...tightOnes, ...counted.flat()]),
    loads: check.concurrency > 1,
    timed: [latencyMs?.max, latencyMs?.p50, latencyMs?.p99].some((bound) => bound !== undefined),
  };
}

/** The clusters that a counter or gauge belongs to, by its name; none for those of the whole Envoy. */
function countedClusters(snapshot: Snapshot | undefined): (stat: string) => readonly string[] {
  // Envoy writes a colon in a name as an underscore.
  const prefixes = (snapshot ? resourcesOf(snapshot, 'cluster') : []).map(({ name, body }) => ({
    name,
    prefix: `cluster.${(textAt(body, 'altStatName') || name).replaceAll(':', '_')}.`,
  }));
  return (stat) => prefixes.filter(({ prefix }) => stat.startsWith(prefix)).map(({ name }) => name);
}
