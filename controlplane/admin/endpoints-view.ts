import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, stringAt, textAt } from '../../render/read-json.ts';
import { endpointNameOf } from '../../render/references/find-references.ts';
import type { Resource } from '../../render/resource.ts';
import { resourcesOf } from '../../render/snapshot.ts';
import type { DiscoveryReport } from '../discovery/combine/discovery-report.ts';
import type { RampView } from '../ramp/ramp-view.ts';
import type { StageServer } from '../serve/stage-server.ts';

/** The hosts that Envoys are served of one cluster now, and where they come from. */
export type ClusterEndpoints = {
  readonly cluster: string;
  /** `discovery`: found by the control plane. `config`: as promoted. `none`: Envoy finds them, or there are none. */
  readonly from: 'discovery' | 'config' | 'none';
  readonly hosts: readonly EndpointView[];
  /** For `discovery`. */
  readonly discovery?: DiscoveryReport;
  /** For `discovery`, once what was served last is known. */
  readonly ramp?: RampView;
};

export type EndpointView = {
  /** `address:port`, or the path of a socket or pipe. */
  readonly address: string;
  readonly priority: number;
  /** As the config says; `UNKNOWN` where it says nothing. Of hosts that are found: what is seen of them. */
  readonly health: string;
};

/** Of all clusters, by name; undefined: nothing is served. */
export function endpointsView(server: StageServer): readonly ClusterEndpoints[] | undefined {
  const now = server.servedNow();
  if (!now) return undefined;
  const found = server.hosts?.views();
  const assignments = new Map(resourcesOf(now.snapshot, 'endpoint').map(({ name, body }) => [name, body]));
  return resourcesOf(now.snapshot, 'cluster').map((cluster) => {
    const live = found?.get(cluster.name);
    if (live) return foundEndpoints(cluster.name, live);
    const written = objectAt(cluster.body, 'loadAssignment') ?? assignments.get(endpointNameOf(cluster));
    if (cluster.discovery || !written) return { cluster: cluster.name, from: 'none', hosts: [] };
    return { cluster: cluster.name, from: 'config', hosts: writtenHosts(written) };
  });
}

function foundEndpoints(
  cluster: Resource['name'],
  { ramp, discovery }: { readonly ramp: RampView | undefined; readonly discovery: DiscoveryReport | undefined },
): ClusterEndpoints {
  const served = ramp?.served ?? [];
  return {
    cluster,
    from: 'discovery',
    hosts: served.map(({ address, priority, seen }) => ({ address, priority, health: seen })),
    ...(discovery ? { discovery } : {}),
    ...(ramp ? { ramp } : {}),
  };
}

const writtenHosts = (assignment: JsonObject): EndpointView[] =>
  objectsAt(assignment, 'endpoints').flatMap((group) =>
    objectsAt(group, 'lbEndpoints').map((host) => ({
      address: addressOf(objectAt(host, 'endpoint', 'address')),
      priority: numberAt(group, 'priority') ?? 0,
      health: textAt(host, 'healthStatus') ?? 'UNKNOWN',
    })),
  );

function addressOf(address: JsonObject | undefined): string {
  const socket = objectAt(address, 'socketAddress');
  if (!socket)
    return stringAt(address, 'pipe', 'path') || stringAt(address, 'envoyInternalAddress', 'serverListenerName');
  const host = stringAt(socket, 'address');
  const port = numberAt(socket, 'portValue') ?? stringAt(socket, 'namedPort');
  return `${host.includes(':') ? `[${host}]` : host}:${port === '' ? 0 : port}`;
}
