import type { ClusterEndpoints } from '../../controlplane/admin/endpoints-view.ts';
import type { FleetNode } from '../../pipeline/observe/fleet-view.ts';
import type { StageName } from '../../render/ids.ts';
import { hostsOf } from '../../render/references/cluster-hosts.ts';
import { referencesIn } from '../../render/references/find-references.ts';
import type { Reference } from '../../render/references/reference.ts';
import { referenceGraph } from '../../render/references/reference-graph.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { MeshMapView } from '../api/types/mesh-map.ts';
import type { ServiceHost, ServiceReference, ServiceView } from '../api/types/service.ts';
import type { Told } from './control-planes.ts';
import { isMissing } from './mesh-map-view.ts';

export type ServiceGiven = {
  readonly stage: StageName;
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly map: Pick<MeshMapView, 'edges' | 'stale'>;
  readonly endpoints: Told<ClusterEndpoints & { readonly controlPlane: string }>;
  readonly nodes: readonly FleetNode[];
};

/** Everything of one cluster of a stage. Undefined: no cluster of that name is live there. */
export function serviceView(given: ServiceGiven): ServiceView | undefined {
  const { stage, name, snapshot, map, endpoints, nodes } = given;
  const graph = referenceGraph(snapshot);
  const cluster = graph.find('cluster', name);
  if (!cluster) return undefined;
  const references = referencesIn(snapshot);
  const written = hostsOf(snapshot, cluster);
  const owner = written.kind === 'listed' && written.owner !== cluster ? [written.owner] : [];
  const served = endpoints.said.flatMap((one) => hostsServed(one));
  const fromConfig = written.kind === 'listed' ? written.hosts : [];
  return {
    stage,
    name,
    digest: snapshot.digest,
    at: cluster.at,
    config: [cluster, ...owner].map(({ kind, name: of, body }) => ({ kind, name: of, body })),
    hosts:
      served.length > 0
        ? [...new Map(served.map((host) => [`${host.priority} ${host.address}`, host])).values()]
        : fromConfig.map(({ address, priority, locality, status }) => ({
            address,
            priority,
            ...(locality === '//' ? {} : { locality }),
            health: status,
          })),
    hostsFrom: served.length > 0 ? 'control-plane' : 'config',
    ramps: endpoints.said.flatMap(({ controlPlane, ramp }) => (ramp ? [{ controlPlane, ramp }] : [])),
    discovery: endpoints.said.flatMap(({ controlPlane, discovery }) =>
      discovery ? [{ controlPlane, report: discovery }] : [],
    ),
    envoys: byVersion(nodes),
    callers: map.edges.filter(({ to }) => to === name),
    calls: map.edges.filter(({ from }) => from === name),
    namedBy: references
      .filter(({ to, name: of }) => to === 'cluster' && of === name)
      .map((reference) => referenceView(reference, reference.from, snapshot)),
    names: references
      .filter(({ from }) => from === cluster)
      .map((reference) => referenceView(reference, { kind: reference.to, name: reference.name }, snapshot)),
    breaks: graph.allUsersOf([cluster]).map(({ kind, name: of }) => ({ kind, name: of })),
    stale: [...map.stale, ...endpoints.stale],
  };
}

function hostsServed({ hosts, ramp }: ClusterEndpoints): readonly ServiceHost[] {
  const served = new Map(ramp?.served.map((host) => [`${host.priority} ${host.address}`, host]));
  return hosts.map(({ address, priority, health }) => {
    const known = served.get(`${priority} ${address}`);
    return { address, priority, health, ...(known ? { onTrial: known.onTrial, isWanted: known.isWanted } : {}) };
  });
}

const referenceView = (
  reference: Reference,
  { kind, name }: Pick<Resource, 'kind' | 'name'>,
  snapshot: Snapshot,
): ServiceReference => ({
  kind,
  name,
  role: reference.role,
  whenMissing: reference.whenMissing,
  at: reference.at,
  field: fieldOf(reference.path),
  isMissing: isMissing(reference, snapshot),
});

/** `virtual_hosts[0].routes[2].route.cluster`. */
const fieldOf = (path: Reference['path']): string =>
  path
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : `.${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
    )
    .join('')
    .replace(/^\./, '');

const byVersion = (nodes: readonly FleetNode[]): ServiceView['envoys'] =>
  [
    ...Map.groupBy(
      nodes.filter(({ state }) => state !== 'gone'),
      ({ envoyVersion }) => envoyVersion,
    ),
  ]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, of]) => ({
      version,
      connected: of.length,
      applied: of.filter(({ state }) => state === 'applied').length,
    }));
