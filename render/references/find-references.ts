import { isJsonObject, type JsonArray, type JsonObject, type JsonPath } from '../json.ts';
import { objectAt, stringAt } from '../read-json.ts';
import type { Resource, ResourceKind } from '../resource.ts';
import type { Snapshot } from '../snapshot.ts';
import { placedAt, type Reference, type ReferenceRole, type WhenMissing } from './reference.ts';
import { type Visit, walkObjects } from './walk-json.ts';

/** Whether a config source is the control plane that serves the snapshot (ADS), so that what it names must be in the snapshot. */
export const isServedHere = (configSource: JsonObject | undefined): boolean =>
  configSource !== undefined && ('ads' in configSource || 'self' in configSource);

/** The name under which an EDS cluster asks for its endpoints. */
export const endpointNameOf = (cluster: Resource): string =>
  stringAt(objectAt(cluster.body, 'edsClusterConfig'), 'serviceName') || cluster.name;

/** Members that hold a cluster's name as a plain string, wherever they stand. The role is refined by what they stand in. */
const CLUSTER_KEYS: Readonly<Record<string, ReferenceRole>> = {
  cluster: 'filter',
  clusterName: 'filter',
  collectorCluster: 'tracing',
  defaultCluster: 'route',
  overrideUpstreamCluster: 'filter',
  tcpClusterName: 'config-source',
};

/** Messages whose `clusterName` names something of their own. */
const NOT_A_CLUSTER = /^envoy\.extensions\.clusters\.dynamic_modules\./;

function clusterRole(key: string, visit: Visit): ReferenceRole | undefined {
  const { message = '' } = visit;
  if (key === 'clusterName') {
    if (visit.key === 'envoyGrpc') return 'grpc-service';
    if (visit.key === 'loadAssignment' || visit.path.length === 0 || NOT_A_CLUSTER.test(message)) return undefined;
    return visit.key === 'clusters' ? 'weighted-cluster' : 'filter';
  }
  if (key !== 'cluster') return CLUSTER_KEYS[key];
  if (visit.key === 'node' || visit.key === 'locality') return undefined;
  if (/mirrorpolic(y|ies)$/i.test(visit.key)) return 'mirror';
  if (message.endsWith('.TcpProxy')) return 'tcp-proxy';
  if (message.startsWith('envoy.extensions.filters.udp.udp_proxy.')) return 'udp-proxy';
  if ('uri' in visit.object) return 'http-service';
  if (visit.key === 'route' || message.includes('.cluster_specifiers.')) return 'route';
  return 'filter';
}

/** Envoy checks the clusters of inline route configurations and of RDS ones that say so; it takes the others as they are. */
function whenClusterMissing(role: ReferenceRole, visit: Visit, inline: boolean): WhenMissing {
  if (role === 'tracing') return 'refused';
  if (role !== 'route' && role !== 'weighted-cluster') return 'fails-requests';
  const routes = visit.above.find((object) => 'virtualHosts' in object);
  if (!routes) return 'fails-requests';
  return (routes.validateClusters ?? inline) === true ? 'refused' : 'fails-requests';
}

type Sink = (
  to: ResourceKind,
  role: ReferenceRole,
  whenMissing: WhenMissing,
  holder: JsonObject | JsonArray,
  key: string | number,
  path: JsonPath,
) => void;

function clusterReferences(visit: Visit, inline: boolean, add: Sink): void {
  const { object, message = '' } = visit;
  for (const key of Object.keys(CLUSTER_KEYS)) {
    if (typeof object[key] !== 'string' || object[key] === '') continue;
    const role = clusterRole(key, visit);
    if (role) add('cluster', role, whenClusterMissing(role, visit, inline), object, key, [...visit.path, key]);
  }
  const clusters = object.clusters;
  if (Array.isArray(clusters)) {
    clusters.forEach((entry, index) => {
      if (isJsonObject(entry) && typeof entry.name === 'string' && entry.name !== '') {
        const role = message.includes('.extensions.clusters.')
          ? 'aggregate'
          : message.endsWith('.TcpProxy')
            ? 'tcp-proxy'
            : 'weighted-cluster';
        const missing = whenClusterMissing(role, visit, inline);
        add('cluster', role, missing, entry, 'name', [...visit.path, 'clusters', index, 'name']);
      } else if (typeof entry === 'string' && /\.clusters\.aggregate\./.test(message)) {
        add('cluster', 'aggregate', 'fails-requests', clusters, index, [...visit.path, 'clusters', index]);
      }
    });
  }
  const names = object.clusterNames;
  if (Array.isArray(names) && 'apiType' in object)
    names.forEach((_, index) => {
      add('cluster', 'config-source', 'waits', names, index, [...visit.path, 'clusterNames', index]);
    });
}

const SECRET_KEY = /SdsSecretConfigs?$|^sdsSecretConfigs?$/;

function otherReferences(visit: Visit, add: Sink): void {
  const { object } = visit;
  const rds = objectAt(object, 'rds');
  if (rds && stringAt(rds, 'routeConfigName') && isServedHere(objectAt(rds, 'configSource')))
    add('route', 'rds', 'waits', rds, 'routeConfigName', [...visit.path, 'rds', 'routeConfigName']);
  if (stringAt(object, 'routeConfigurationName') && (visit.key === 'scopedRouteConfigurations' || 'key' in object)) {
    const source = visit.above.map((one) => objectAt(one, 'rdsConfigSource')).find((one) => one !== undefined);
    if (isServedHere(source))
      add('route', 'scoped-route', 'waits', object, 'routeConfigurationName', [
        ...visit.path,
        'routeConfigurationName',
      ]);
  }
  if (stringAt(object, 'name')) {
    const source = objectAt(object, 'sdsConfig');
    if (isServedHere(source)) add('secret', 'sds', 'waits', object, 'name', [...visit.path, 'name']);
    else if (!source && SECRET_KEY.test(visit.key))
      add('secret', 'static-secret', 'refused', object, 'name', [...visit.path, 'name']);
  }
  if (
    stringAt(object, 'serverListenerName') &&
    visit.key === 'envoyInternalAddress' &&
    !visit.path.includes('filterChains')
  )
    add('listener', 'internal-listener', 'fails-requests', object, 'serverListenerName', [
      ...visit.path,
      'serverListenerName',
    ]);
}

/** Everything that `resource` names, in the order in which it is written. */
export function referencesOf(resource: Resource): readonly Reference[] {
  const found: Reference[] = [];
  const add: Sink = (to, role, whenMissing, holder, key, path) => {
    const name = (holder as Record<string, unknown>)[String(key)];
    if (typeof name !== 'string') return;
    const at = placedAt(holder, key, resource.at);
    found.push({ from: resource, to, name, role, whenMissing, path, at, holder: holder as JsonObject });
  };
  const inline = resource.kind === 'listener';
  walkObjects(resource.body, (visit) => {
    clusterReferences(visit, inline, add);
    otherReferences(visit, add);
  });
  if (resource.kind === 'cluster' && resource.body.type === 'EDS') {
    const eds = objectAt(resource.body, 'edsClusterConfig');
    if (eds && isServedHere(objectAt(eds, 'edsConfig'))) {
      const named = stringAt(eds, 'serviceName') !== '';
      const holder = named ? eds : resource.body;
      const key = named ? 'serviceName' : 'name';
      const path = named ? ['edsClusterConfig', 'serviceName'] : ['name'];
      const at = placedAt(holder, key, resource.at);
      const name = endpointNameOf(resource);
      found.push({ from: resource, to: 'endpoint', name, role: 'eds', whenMissing: 'waits', path, at, holder });
    }
  }
  return found;
}

/** Names that the bootstrap brings along (`static_resources`), beside the snapshot's own. */
export function bootstrapNames(snapshot: Snapshot, kind: 'cluster' | 'listener' | 'secret'): readonly string[] {
  const statics = objectAt(snapshot.bootstrap, 'staticResources');
  const list = statics?.[`${kind}s`];
  return Array.isArray(list) ? list.filter(isJsonObject).map((body) => stringAt(body, 'name')) : [];
}

const cache = new WeakMap<Snapshot, readonly Reference[]>();

/** Everything that anything in `snapshot` names. Found once per snapshot, which never changes. */
export function referencesIn(snapshot: Snapshot): readonly Reference[] {
  const known = cache.get(snapshot);
  if (known) return known;
  const found = snapshot.resources.flatMap(referencesOf);
  cache.set(snapshot, found);
  return found;
}
