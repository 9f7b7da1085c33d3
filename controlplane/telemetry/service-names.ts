import { isJsonObject, type JsonValue } from '../../render/json.ts';
import { flagAt, stringAt } from '../../render/read-json.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { resourcesOf } from '../../render/snapshot.ts';
import type { LogEntry } from '../access-logs/log-entry.ts';
import { statName } from '../metrics/stat-name.ts';
import { NONE } from './edge-sums.ts';

export type ClusterRole = {
  readonly service: string;
  /** It leads to the app beside the Envoy: what goes there came in. */
  readonly isLocal: boolean;
};

/** Names that are kept apart are no longer than this. */
const MAX_NAME = 200;

/** A name from outside, as a key and a label: well-formed, of bounded length, without U+0000. */
export function nameOf(text: string): string {
  if (text.length <= MAX_NAME && text.isWellFormed() && !text.includes('\0')) return text;
  const short = text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text;
  return short.toWellFormed().replaceAll('\0', '\ufffd');
}

/**
 * Which service is behind a cluster: `metadata.filter_metadata.meshgate.service` of the cluster, else the service name of its EDS
 * configuration, else the cluster's own name. `meshgate: { local: true }` there, or a name with `inbound|` before it, is the app beside
 * the Envoy.
 */
export class ServiceNames {
  #roles = new Map<string, ClusterRole>();
  /** By what Envoys call a cluster in their metrics and logs, where that is not its name. */
  #names = new Map<string, string>();
  #routes = new Map<string, string | undefined>();

  /** From now on it is this snapshot that is served. */
  serve(snapshot: Snapshot): void {
    const clusters = resourcesOf(snapshot, 'cluster');
    this.#names = new Map(
      clusters.flatMap(({ name, body }) => {
        const called = stringAt(body, 'altStatName') || name;
        return [called, statName(called)].map((one) => [one, name] as const);
      }),
    );
    for (const { name } of clusters) this.#names.delete(name);
    this.#roles = new Map(
      clusters.map(({ name, body }) => [
        name,
        {
          service: nameOf(
            stringAt(body, 'metadata', 'filterMetadata', 'meshgate', 'service') ||
              stringAt(body, 'edsClusterConfig', 'serviceName') ||
              name,
          ),
          isLocal: flagAt(body, 'metadata', 'filterMetadata', 'meshgate', 'local') || name.startsWith('inbound|'),
        },
      ]),
    );
    const routes = new Map<string, string | undefined>();
    for (const kind of ['route', 'listener'] as const)
      for (const { body } of resourcesOf(snapshot, kind)) findRoutes(body, routes);
    this.#routes = routes;
  }

  /** What the cluster is called in the config that an Envoy calls so (`alt_stat_name`, and `_` for `:` in metrics). */
  clusterCalled(name: string): string {
    return this.#names.get(name) ?? name;
  }

  /**
   * With the cluster's own name. Where no host was there, an access log names no cluster: then it is the one that the route of that name leads to, unless routes of
   * one name lead to several.
   */
  withCluster(entry: LogEntry): LogEntry {
    if (entry.cluster !== '') {
      const cluster = this.clusterCalled(entry.cluster);
      return cluster === entry.cluster ? entry : { ...entry, cluster };
    }
    if (entry.route === '' || !entry.flags.some((flag) => UNNAMED_FLAGS.has(flag))) return entry;
    const cluster = this.#routes.get(entry.route);
    return cluster === undefined ? entry : { ...entry, cluster };
  }

  /** Of clusters that are not served (of a bootstrap, or of a snapshot from before) only the name is known. */
  roleOf(cluster: string): ClusterRole {
    if (cluster === '') return { service: NONE, isLocal: false };
    return this.#roles.get(cluster) ?? { service: nameOf(cluster), isLocal: cluster.startsWith('inbound|') };
  }
}

/** Envoy had a cluster, and no host of it: none was healthy, or too many exchanges were under way. */
const UNNAMED_FLAGS: ReadonlySet<string> = new Set(['UH', 'UO', 'UF', 'UT', 'URX']);

/** Named routes with one cluster, wherever they stand; undefined for a name that several clusters have. */
function findRoutes(value: JsonValue, found: Map<string, string | undefined>): void {
  if (Array.isArray(value)) for (const item of value) findRoutes(item, found);
  if (!isJsonObject(value)) return;
  const name = stringAt(value, 'name');
  const cluster = stringAt(value, 'route', 'cluster');
  if (name !== '' && cluster !== '')
    found.set(name, found.has(name) && found.get(name) !== cluster ? undefined : cluster);
  for (const inner of Object.values(value)) findRoutes(inner, found);
}
