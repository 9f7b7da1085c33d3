import type { GuardSettings } from '../../render/config/mesh-config.ts';
import { type ClusterHosts, hostsOf } from '../../render/references/cluster-hosts.ts';
import { referenceGraph } from '../../render/references/reference-graph.ts';
import type { Resource } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { type PriorityArithmetic, panicArithmetic } from '../guards/panic-arithmetic.ts';
import { altHealthPort, hostsIn } from '../substitute/cluster-hosts.ts';
import type { HostKey } from '../upstream/stand-in.ts';

/** A health-checked cluster that gets hosts, and what the worst case of it is. */
export type PanicCase = {
  readonly cluster: Resource;
  readonly live: Extract<ClusterHosts, { kind: 'listed' }>;
  readonly proposed: Extract<ClusterHosts, { kind: 'listed' }>;
  /** Of each priority that gets hosts. */
  readonly priorities: readonly PriorityArithmetic[];
};

/** The clusters whose change is worth rehearsing: health-checked, live already, and with hosts that are new. */
export function panicCases(live: Snapshot, proposed: Snapshot, settings: GuardSettings): readonly PanicCase[] {
  return resourcesOf(proposed, 'cluster').flatMap((cluster) => {
    const priorities = panicArithmetic(live, proposed, cluster.name, settings).filter(({ added }) => added.length > 0);
    const was = referenceGraph(live).find('cluster', cluster.name);
    if (priorities.length === 0 || !was) return [];
    const [before, after] = [hostsOf(live, was), hostsOf(proposed, cluster)];
    return before.kind === 'listed' && after.kind === 'listed'
      ? [{ cluster, live: before, proposed: after, priorities }]
      : [];
  });
}

/** The stand-ins of the hosts at `addresses` (`10.0.0.1:80`), those that answer their health checks on another port included. */
export function keysOf({ cluster, live, proposed }: PanicCase, addresses: readonly string[]): readonly HostKey[] {
  const wanted = new Set(addresses);
  const port = altHealthPort(cluster.body);
  const places = [proposed, live].flatMap(({ assignment }) => hostsIn(cluster.name, assignment, port));
  const endpoints = new Set(
    places
      .filter(({ role, key }) => role === 'endpoint' && wanted.has(`${key.address}:${key.port}`))
      .map(({ endpoint }) => endpoint),
  );
  return places.filter(({ endpoint, role }) => endpoints.has(endpoint) && role !== 'additional').map(({ key }) => key);
}
