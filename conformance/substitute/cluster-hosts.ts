import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import type { HostKey } from '../upstream/stand-in.ts';

/** One address that a cluster connects to, and the container whose member `address` it is. */
export type HostPlace = {
  readonly key: HostKey;
  readonly role: 'endpoint' | 'additional' | 'health-check';
  /** Of an endpoint or additional address: the holder of `address`. Of a health check: the `healthCheckConfig`. */
  readonly holder: JsonObject;
  readonly endpoint: JsonObject;
};

/**
 * Every host of one assignment (inline or EDS), of all localities and priorities, in their order. A health check with a port or
 * an address of its own is a host of its own. `altPort` is the port that all of the cluster's health checks go to.
 */
export function hostsIn(cluster: string, assignment: JsonObject, altPort: number | undefined): readonly HostPlace[] {
  const places: HostPlace[] = [];
  for (const endpoint of endpointsOf(assignment)) {
    const own = hostAt(endpoint);
    if (!own) continue;
    places.push({ key: { cluster, ...own }, role: 'endpoint', holder: endpoint, endpoint });
    for (const holder of objectsAt(endpoint, 'additionalAddresses')) {
      const other = hostAt(holder);
      if (other) places.push({ key: { cluster, ...other }, role: 'additional', holder, endpoint });
    }
    const config = objectAt(endpoint, 'healthCheckConfig');
    const address = config ? hostAt(config) : undefined;
    const ownPort = numberAt(config, 'portValue') || undefined;
    // A port that is written must be moved even where it is the host's own.
    if (address || ownPort !== undefined || (altPort !== undefined && altPort !== own.port)) {
      const port = ownPort ?? address?.port ?? altPort ?? own.port;
      const key = { cluster, address: address?.address ?? own.address, port };
      places.push({ key, role: 'health-check', holder: config ?? {}, endpoint });
    }
  }
  return places;
}

/** The endpoints of all localities, inline lists of LEDS included. */
export const endpointsOf = (assignment: JsonObject): readonly JsonObject[] =>
  objectsAt(assignment, 'endpoints')
    .flatMap((locality) => [
      ...objectsAt(locality, 'lbEndpoints'),
      ...objectsAt(locality, 'loadBalancerEndpoints', 'lbEndpoints'),
    ])
    .map((item) => objectAt(item, 'endpoint'))
    .filter((endpoint) => endpoint !== undefined);

/** Socket addresses and pipes are hosts; an internal address is a listener of the same Envoy. */
export function hostAt(holder: JsonObject): { readonly address: string; readonly port: number } | undefined {
  const socket = objectAt(holder, 'address', 'socketAddress');
  if (socket) return { address: textAt(socket, 'address') ?? '', port: numberAt(socket, 'portValue') ?? 0 };
  const pipe = textAt(holder, 'address', 'pipe', 'path');
  return pipe === undefined ? undefined : { address: pipe, port: 0 };
}

/** The port that the cluster's health checks go to in place of the hosts' own. */
export const altHealthPort = (cluster: JsonObject): number | undefined =>
  objectsAt(cluster, 'healthChecks')
    .map((check) => numberAt(check, 'altPort'))
    .find((port) => port !== undefined && port !== 0);
