import { objectAt } from '../../render/read-json.ts';
import { endpointNameOf, isServedHere } from '../../render/references/find-references.ts';
import type { Resource } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';

const byEndpoints = new WeakMap<Snapshot, ReadonlyMap<string, readonly Resource[]>>();

/** `cluster`, and what other clusters of the snapshot ask for the same endpoints (`service_name`): they have its hosts too. */
export function clustersWithHostsOf(snapshot: Snapshot, cluster: Resource): readonly Resource[] {
  const known = byEndpoints.get(snapshot) ?? indexOf(snapshot);
  byEndpoints.set(snapshot, known);
  const others = (known.get(endpointNameOf(cluster)) ?? []).filter(({ name }) => name !== cluster.name);
  return [cluster, ...others];
}

const indexOf = (snapshot: Snapshot): ReadonlyMap<string, readonly Resource[]> =>
  Map.groupBy(
    resourcesOf(snapshot, 'cluster').filter(
      ({ body }) => body.type === 'EDS' && isServedHere(objectAt(objectAt(body, 'edsClusterConfig'), 'edsConfig')),
    ),
    endpointNameOf,
  );
