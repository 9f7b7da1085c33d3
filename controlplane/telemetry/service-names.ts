import { flagAt, stringAt } from '../../render/read-json.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { resourcesOf } from '../../render/snapshot.ts';
import { NONE } from './edge-sums.ts';

export type ClusterRole = {
  readonly service: string;
  /** It leads to the app beside the Envoy: what goes there came in. */
  readonly isLocal: boolean;
};

/** Names that are kept apart are no longer than this. */
const MAX_NAME = 200;

/** A name from outside, as a key and a label: well-formed, of bounded length, without U+0000. */
export const nameOf = (text: string): string => {
  const short = text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text;
  return short.toWellFormed().replaceAll('\0', '\ufffd');
};

/**
 * Which service is behind a cluster: `metadata.filter_metadata.meshgate.service` of the cluster, else the service name of its EDS
 * configuration, else the cluster's own name. `meshgate: { local: true }` there, or a name with `inbound|` before it, is the app beside
 * the Envoy.
 */
export class ServiceNames {
  #roles = new Map<string, ClusterRole>();

  /** From now on it is this snapshot that is served. */
  serve(snapshot: Snapshot): void {
    this.#roles = new Map(
      resourcesOf(snapshot, 'cluster').map(({ name, body }) => [
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
  }

  /** Of clusters that are not served (of a bootstrap, or of a snapshot from before) only the name is known. */
  roleOf(cluster: string): ClusterRole {
    if (cluster === '') return { service: NONE, isLocal: false };
    return this.#roles.get(cluster) ?? { service: nameOf(cluster), isLocal: cluster.startsWith('inbound|') };
  }
}
