import type { JsonObject } from '../../../render/json.ts';
import { wantOneOf } from '../../../render/nearest-names.ts';
import { objectAt, stringAt } from '../../../render/read-json.ts';
import { hostsOf } from '../../../render/references/cluster-hosts.ts';
import {
  bootstrapNames,
  endpointNameOf,
  isServedHere,
  referencesIn,
} from '../../../render/references/find-references.ts';
import { walkObjects } from '../../../render/references/walk-json.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

const namesOf = (snapshot: Snapshot, kind: Parameters<typeof resourcesOf>[1]): Set<string> =>
  new Set(resourcesOf(snapshot, kind).map(({ name }) => name));

function rdsOf(listener: JsonObject): readonly JsonObject[] {
  const found: JsonObject[] = [];
  walkObjects(listener, ({ object, key }) => {
    if (key === 'rds' && typeof object.routeConfigName === 'string') found.push(object);
  });
  return found;
}

/** A listener whose route configuration never comes stays in warming until `initial_fetch_timeout`, then answers 404 to everything. */
const unknownRouteConfig: SnapshotRule = {
  code: 'unknown-route-config',
  severity: 'error',
  holdsIn: 'part',
  summary: 'A listener asks over RDS for a route configuration that does not exist.',
  check(snapshot) {
    const known = namesOf(snapshot, 'route');
    return referencesIn(snapshot)
      .filter(({ to, name }) => to === 'route' && !known.has(name))
      .map(({ from, holder, path, name }) => ({
        resource: from,
        holder,
        key: path.at(-1) ?? '',
        saw: `route configuration ${name} asked for over RDS, which does not exist`,
        want: wantOneOf('a route configuration of the snapshot', name, [...known]),
      }));
  },
};

/** Where other route configurations are asked for by name, one that is not is misspelt or left over; where none is, the snapshot is a part. */
const unusedRouteConfig: SnapshotRule = {
  code: 'unused-route-config',
  severity: 'error',
  holdsIn: 'snapshot',
  summary: 'No listener asks for this route configuration.',
  check(snapshot) {
    const asked = new Set(referencesIn(snapshot).flatMap(({ to, name }) => (to === 'route' ? [name] : [])));
    return resourcesOf(snapshot, 'route')
      .filter(({ name }) => !asked.has(name))
      .map((resource) => ({
        resource,
        holder: resource.body,
        key: 'name',
        saw: `route configuration ${resource.name}, which no listener asks for`,
        want: `a listener with rds.route_config_name: ${resource.name} (${asked.size === 0 ? 'none asks over RDS' : `asked for: ${wantOneOf('one of them', resource.name, [...asked])}`}), or the file removed`,
        severity: asked.size > 0 ? 'error' : 'warning',
      }));
  },
};

/** Such a cluster stays in warming until `initial_fetch_timeout` (15 s), and its routes answer 503. */
const edsWithoutEndpoints: SnapshotRule = {
  code: 'eds-without-endpoints',
  severity: 'error',
  holdsIn: 'part',
  summary: 'An EDS cluster has no endpoints in the snapshot.',
  check(snapshot) {
    const known = namesOf(snapshot, 'endpoint');
    return referencesIn(snapshot)
      .filter(({ from, to, name }) => to === 'endpoint' && !known.has(name) && !from.discovery)
      .map(({ from, holder, path, name }) => ({
        resource: from,
        holder,
        key: path.at(-1) ?? '',
        saw: `an EDS cluster that asks for the endpoints of ${name}, which do not exist`,
        want: wantOneOf(`endpoints with cluster_name ${name}, beside those of`, name, [...known]),
      }));
  },
};

/** The control plane finds hosts for EDS alone: every other type names its hosts itself, and would never be asked for them. */
const discoveryWithoutEds: SnapshotRule = {
  code: 'discovery-without-eds',
  severity: 'error',
  summary: 'A cluster with `discovery:` does not ask the control plane for its endpoints.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'cluster')
      .filter(({ body, discovery }) => discovery && !asksHere(body))
      .map((resource) => ({
        resource,
        holder: resource.body,
        key: 'type',
        saw: `discovery: with ${resource.body.type === 'EDS' ? 'eds_config from elsewhere' : `type ${resource.body.type ?? 'STATIC'}`}`,
        want: 'type: EDS and eds_cluster_config: {eds_config: {ads: {}, resource_api_version: V3}}',
      })),
};

const asksHere = (cluster: JsonObject): boolean =>
  cluster.type === 'EDS' && isServedHere(objectAt(objectAt(cluster, 'edsClusterConfig'), 'edsConfig'));

/** One of them would silently win. */
const discoveryAndEndpoints: SnapshotRule = {
  code: 'discovery-and-endpoints',
  severity: 'error',
  summary: 'A cluster has both `discovery:` and endpoints in the snapshot.',
  check(snapshot) {
    const discovered = new Map(
      resourcesOf(snapshot, 'cluster').flatMap((cluster) =>
        cluster.discovery ? [[endpointNameOf(cluster), cluster] as const] : [],
      ),
    );
    return resourcesOf(snapshot, 'endpoint').flatMap((resource): Complaint[] => {
      const cluster = discovered.get(resource.name);
      if (!cluster) return [];
      return [
        {
          resource,
          holder: resource.body,
          key: 'clusterName',
          saw: `endpoints of ${resource.name}, whose hosts cluster ${cluster.name} has from its discovery`,
          want: 'hosts from one place: a source of kind file can take those that are written',
        },
      ];
    });
  },
};

const emptyEndpoints: SnapshotRule = {
  code: 'empty-endpoints',
  severity: 'warning',
  summary: 'The endpoints of a cluster list no host.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'cluster').flatMap((cluster): Complaint[] => {
      const hosts = hostsOf(snapshot, cluster);
      if (hosts.kind === 'unlisted' || hosts.hosts.length > 0 || cluster.body.clusterType !== undefined) return [];
      // LEDS lists its hosts elsewhere.
      if (JSON.stringify(hosts.assignment).includes('ledsClusterLocalityConfig')) return [];
      const saw = `no host for cluster ${cluster.name}`;
      return [
        {
          resource: hosts.owner,
          holder: hosts.assignment,
          saw,
          want: 'at least one host, or every request is answered 503',
        },
      ];
    }),
};

const endpointsWithoutCluster: SnapshotRule = {
  code: 'endpoints-without-cluster',
  severity: 'error',
  holdsIn: 'snapshot',
  summary: 'No EDS cluster asks for these endpoints.',
  check(snapshot) {
    const asked = new Set(
      resourcesOf(snapshot, 'cluster').flatMap((cluster) =>
        cluster.body.type === 'EDS' ? [endpointNameOf(cluster)] : [],
      ),
    );
    return resourcesOf(snapshot, 'endpoint')
      .filter(({ name }) => !asked.has(name))
      .map((resource) => ({
        resource,
        holder: resource.body,
        key: 'clusterName',
        saw: `endpoints of ${resource.name}, which no EDS cluster asks for`,
        want: `an EDS cluster named ${resource.name} (or with that eds_cluster_config.service_name), or the endpoints removed`,
        // As with route configurations: a part of a mesh may hold endpoints alone.
        severity: asked.size > 0 || resourcesOf(snapshot, 'cluster').length > 0 ? 'error' : 'warning',
      }));
  },
};

/** A listener or cluster whose secret never comes stays in warming, then refuses every connection. */
const unknownSecret: SnapshotRule = {
  code: 'unknown-secret',
  severity: 'error',
  holdsIn: 'part',
  summary: 'A TLS context or filter asks for a secret that does not exist.',
  check(snapshot) {
    const known = namesOf(snapshot, 'secret');
    for (const name of bootstrapNames(snapshot, 'secret')) known.add(name);
    return referencesIn(snapshot)
      .filter(({ to, name }) => to === 'secret' && !known.has(name))
      .map(({ from, holder, path, name, role }) => ({
        resource: from,
        holder,
        key: path.at(-1) ?? '',
        saw: `secret ${name} ${role === 'sds' ? 'asked for over SDS' : 'named without sds_config'}, which does not exist`,
        want: wantOneOf('a secret of the snapshot', name, [...known]),
      }));
  },
};

const unknownInternalListener: SnapshotRule = {
  code: 'unknown-internal-listener',
  severity: 'warning',
  holdsIn: 'part',
  summary: 'A host is an internal listener that does not exist.',
  check(snapshot) {
    const known = namesOf(snapshot, 'listener');
    for (const name of bootstrapNames(snapshot, 'listener')) known.add(name);
    return referencesIn(snapshot)
      .filter(({ to, name }) => to === 'listener' && !known.has(name))
      .map(({ from, holder, path, name }) => ({
        resource: from,
        holder,
        key: path.at(-1) ?? '',
        saw: `internal listener ${name} as a host, which does not exist`,
        want: wantOneOf('an internal listener of the snapshot', name, [...known]),
      }));
  },
};

/** `An RDS config must have either a 'config_source' or an xDS-TP based 'route_config_name'.` */
const rdsWithoutSource: SnapshotRule = {
  code: 'rds-without-source',
  severity: 'error',
  summary: 'A listener asks for a route configuration without saying where.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'listener').flatMap((resource) =>
      rdsOf(resource.body)
        .filter((rds) => !objectAt(rds, 'configSource') && !stringAt(rds, 'routeConfigName').startsWith('xdstp:'))
        .map((rds) => ({
          resource,
          holder: rds,
          key: 'routeConfigName',
          saw: 'rds without config_source',
          want: 'config_source: {ads: {}, resource_api_version: V3}',
        })),
    ),
};

export const DISCOVERY_RULES: readonly SnapshotRule[] = [
  unknownRouteConfig,
  unusedRouteConfig,
  rdsWithoutSource,
  edsWithoutEndpoints,
  discoveryWithoutEds,
  discoveryAndEndpoints,
  emptyEndpoints,
  endpointsWithoutCluster,
  unknownSecret,
  unknownInternalListener,
];
