import type { JsonObject } from '../json.ts';
import { numberAt, objectAt, objectsAt, stringAt } from '../read-json.ts';
import type { Resource } from '../resource.ts';
import type { Snapshot } from '../snapshot.ts';
import { endpointNameOf, isServedHere } from './find-references.ts';
import { referenceGraph } from './reference-graph.ts';

/** One host of a cluster, as its load assignment writes it. */
export type ClusterHost = {
  /** `10.0.0.1:80`, a pipe's path, or `internal:<listener>`: what tells one host from another. */
  readonly address: string;
  readonly priority: number;
  /** `region/zone/subzone`. */
  readonly locality: string;
  /** `EndpointHealthStatus`: UNKNOWN, HEALTHY, UNHEALTHY, DRAINING, TIMEOUT or DEGRADED. */
  readonly status: string;
  /** The `LbEndpoint`. */
  readonly body: JsonObject;
};

export type ClusterHosts =
  | {
      readonly kind: 'listed';
      readonly hosts: readonly ClusterHost[];
      readonly assignment: JsonObject;
      readonly owner: Resource;
    }
  /** No load assignment is to be found (its own rule says so), or the cluster has none by nature (original destination, …). */
  | { readonly kind: 'unlisted' };

export function addressOf(address: JsonObject | undefined): string {
  const socket = objectAt(address, 'socketAddress');
  if (socket) return `${stringAt(socket, 'address')}:${numberAt(socket, 'portValue') ?? stringAt(socket, 'namedPort')}`;
  const pipe = objectAt(address, 'pipe');
  if (pipe) return stringAt(pipe, 'path');
  const internal = objectAt(address, 'envoyInternalAddress');
  if (internal) return `internal:${stringAt(internal, 'serverListenerName')}/${stringAt(internal, 'endpointId')}`;
  return '';
}

/** Members may not stand in a locality's list more than once for Envoy; it counts the first, and so do we. */
function hostsOfAssignment(assignment: JsonObject): readonly ClusterHost[] {
  const hosts = new Map<string, ClusterHost>();
  for (const group of objectsAt(assignment, 'endpoints')) {
    const where = objectAt(group, 'locality');
    const locality = [stringAt(where, 'region'), stringAt(where, 'zone'), stringAt(where, 'subZone')].join('/');
    const priority = numberAt(group, 'priority') ?? 0;
    for (const body of objectsAt(group, 'lbEndpoints')) {
      const address = addressOf(objectAt(objectAt(body, 'endpoint'), 'address'));
      const key = `${priority} ${address}`;
      const status = stringAt(body, 'healthStatus') || 'UNKNOWN';
      if (!hosts.has(key)) hosts.set(key, { address, priority, locality, status, body });
    }
  }
  return [...hosts.values()];
}

/** The hosts of a cluster: from its own load assignment, or from the endpoints that it asks the control plane for. */
export function hostsOf(snapshot: Snapshot, cluster: Resource): ClusterHosts {
  if (cluster.body.type === 'EDS') {
    if (!isServedHere(objectAt(objectAt(cluster.body, 'edsClusterConfig'), 'edsConfig'))) return { kind: 'unlisted' };
    const owner = referenceGraph(snapshot).find('endpoint', endpointNameOf(cluster));
    if (!owner) return { kind: 'unlisted' };
    return { kind: 'listed', hosts: hostsOfAssignment(owner.body), assignment: owner.body, owner };
  }
  const assignment = objectAt(cluster.body, 'loadAssignment');
  if (!assignment) return { kind: 'unlisted' };
  return { kind: 'listed', hosts: hostsOfAssignment(assignment), assignment, owner: cluster };
}

/** Statuses of hosts that Envoy sends nothing to outside panic mode. */
const DOWN = new Set(['UNHEALTHY', 'DRAINING', 'TIMEOUT']);
export const isMarkedDown = (host: ClusterHost): boolean => DOWN.has(host.status);
