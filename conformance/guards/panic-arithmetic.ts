import { safeStep } from '../../controlplane/ramp/panic-rule.ts';
import { panicThresholdOf } from '../../controlplane/ramp/panic-threshold.ts';
import type { GuardSettings } from '../../render/config/mesh-config.ts';
import { objectsAt } from '../../render/read-json.ts';
import { type ClusterHost, hostsOf, isMarkedDown } from '../../render/references/cluster-hosts.ts';
import { referenceGraph } from '../../render/references/reference-graph.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';

/** The arithmetic of one priority of one cluster. Hosts are named by address. */
export type PriorityArithmetic = {
  readonly priority: number;
  readonly thresholdPercent: number;
  /** Live hosts, not marked down, before the change. */
  readonly healthyBefore: number;
  /** Those of them that stay. */
  readonly healthyKept: number;
  /** Hosts that stay or come and are marked down: they count among all hosts and never among the healthy. */
  readonly markedDown: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** In the worst case, that every added host fails, panic mode stays off. */
  readonly safe: boolean;
  /** Hosts that may be added at once to those that stay. */
  readonly largestSafeStep: number;
  /**
   * The hosts after each step of a way that is safe, the last one being the proposed hosts: add, wait until healthy, add, …, remove.
   * Empty where there is none (a single host can take no second one under a threshold above 50 %).
   */
  readonly steps: readonly (readonly string[])[];
};

const byPriority = (hosts: readonly ClusterHost[]): ReadonlyMap<number, readonly ClusterHost[]> =>
  Map.groupBy(hosts, (host) => host.priority);

function arithmeticOf(
  priority: number,
  thresholdPercent: number,
  before: readonly ClusterHost[],
  after: readonly ClusterHost[],
): PriorityArithmetic {
  const live = new Map(before.map((host) => [host.address, host]));
  const next = new Set(after.map(({ address }) => address));
  const healthyLive = before.filter((host) => !isMarkedDown(host));
  const up = after.filter((host) => !isMarkedDown(host));
  // A host that was marked down and no longer is has proved nothing yet: it is as good as new.
  const isProved = ({ address }: ClusterHost): boolean => {
    const known = live.get(address);
    return known !== undefined && !isMarkedDown(known);
  };
  const added = up.filter((host) => !isProved(host)).map(({ address }) => address);
  const removed = before.filter(({ address }) => !next.has(address)).map(({ address }) => address);
  const healthyKept = up.length - added.length;
  const markedDown = after.length - up.length;
  const largestSafeStep = Math.max(0, safeStep(healthyKept, thresholdPercent) - markedDown);
  // Nothing healthy before: there is no traffic of this priority that the change could hurt.
  const holds = thresholdPercent <= 0 || 100 * healthyKept >= thresholdPercent * after.length;
  const safe = healthyLive.length === 0 || after.length === 0 || holds;
  const steps = safe ? [after.map(({ address }) => address)] : safeWay(thresholdPercent, before, after, added);
  return {
    priority,
    thresholdPercent,
    healthyBefore: healthyLive.length,
    healthyKept,
    markedDown,
    added,
    removed,
    safe,
    largestSafeStep,
    steps,
  };
}

/** Adds beside everything that is live, as many at a time as are safe, and takes away last. */
function safeWay(
  thresholdPercent: number,
  before: readonly ClusterHost[],
  after: readonly ClusterHost[],
  added: readonly string[],
): readonly (readonly string[])[] {
  const isNew = new Set(added);
  const target = after.map(({ address }) => address);
  const down = new Set(after.filter(isMarkedDown).map(({ address }) => address));
  // Hosts that will be marked down keep serving until the last step.
  const present = before.filter((host) => !isNew.has(host.address));
  let healthy = present.filter((host) => !isMarkedDown(host)).length;
  const unhealthy = present.length - healthy;
  const hosts = present.map(({ address }) => address);
  const steps: (readonly string[])[] = [];
  for (let rest = [...added]; rest.length > 0; ) {
    const count = Math.min(rest.length, safeStep(healthy, thresholdPercent) - unhealthy);
    if (count <= 0) return [];
    hosts.push(...rest.slice(0, count));
    healthy += count;
    rest = rest.slice(count);
    steps.push([...hosts]);
  }
  const upAtLast = target.length - down.size;
  if (100 * upAtLast < thresholdPercent * target.length) return [];
  const reached = new Set(steps.at(-1) ?? hosts);
  const isThere = reached.size === target.length && target.every((address) => reached.has(address)) && down.size === 0;
  return isThere ? steps : [...steps, target];
}

/** Active health checks, or hosts that carry a health status: only there can a host be unhealthy from the start. */
export const isHealthChecked = (cluster: Resource, hosts: readonly ClusterHost[]): boolean =>
  objectsAt(cluster.body, 'healthChecks').length > 0 || hosts.some((host) => host.status !== 'UNKNOWN');

/**
 * What the way from `live` to `proposed` does to the hosts of `cluster`, for each priority whose hosts change. Empty where the cluster is
 * not live yet (it has no traffic), is not health-checked, or lists no hosts.
 */
export function panicArithmetic(
  live: Snapshot,
  proposed: Snapshot,
  cluster: string,
  settings: GuardSettings,
): readonly PriorityArithmetic[] {
  const was = referenceGraph(live).find('cluster', cluster);
  const is = referenceGraph(proposed).find('cluster', cluster);
  if (!was || !is) return [];
  const before = hostsOf(live, was);
  const after = hostsOf(proposed, is);
  if (before.kind === 'unlisted' || after.kind === 'unlisted') return [];
  if (!isHealthChecked(is, [...before.hosts, ...after.hosts])) return [];
  const thresholdPercent = panicThresholdOf(proposed, is, settings);
  const old = byPriority(before.hosts);
  const now = byPriority(after.hosts);
  const label = (hosts: readonly ClusterHost[]): string =>
    hosts
      .map((host) => `${host.address} ${isMarkedDown(host)}`)
      .sort()
      .join();
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort((a, b) => a - b)
    .filter((priority) => label(old.get(priority) ?? []) !== label(now.get(priority) ?? []))
    .map((priority) => arithmeticOf(priority, thresholdPercent, old.get(priority) ?? [], now.get(priority) ?? []));
}
