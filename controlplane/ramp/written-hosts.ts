import type { Locality } from '../../render/discovery/cluster-discovery.ts';
import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, stringAt } from '../../render/read-json.ts';
import { hostsOf } from '../../render/references/cluster-hosts.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { type DiscoveredHost, hostAddress } from '../discovery/discovered-host.ts';
import type { KeptRamp } from './ramp-state.ts';

const DOWN = new Set(['UNHEALTHY', 'DRAINING', 'TIMEOUT']);

/**
 * The hosts that Envoys have of a cluster from what is promoted itself: what its ramp starts from when they are discovered from now on.
 * Undefined: there are none, or they are names that Envoys look up themselves.
 */
export function writtenHosts(snapshot: Snapshot, cluster: string): KeptRamp['admitted'] | undefined {
  const resource = resourcesOf(snapshot, 'cluster').find(({ name }) => name === cluster);
  const hosts = resource && !resource.discovery ? hostsOf(snapshot, resource) : undefined;
  if (hosts?.kind !== 'listed') return undefined;
  const written = objectsAt(hosts.assignment, 'endpoints').flatMap((group) =>
    objectsAt(group, 'lbEndpoints')
      .filter((body) => !DOWN.has(stringAt(body, 'healthStatus')))
      .map((body) => ({ host: hostOf(body, objectAt(group, 'locality')), priority: numberAt(group, 'priority') ?? 0 })),
  );
  const known = written.flatMap(({ host, priority }) => (host ? [{ host, priority, established: true }] : []));
  return known.length > 0 && known.length === written.length ? known : undefined;
}

function hostOf(body: JsonObject, where: JsonObject | undefined): DiscoveredHost | undefined {
  const endpoint = objectAt(body, 'endpoint');
  const socket = objectAt(endpoint, 'address', 'socketAddress');
  const address = hostAddress(stringAt(socket, 'address'));
  const port = numberAt(socket, 'portValue');
  if (address === undefined || port === undefined) return undefined;
  const locality: Locality = {
    region: stringAt(where, 'region'),
    zone: stringAt(where, 'zone'),
    subZone: stringAt(where, 'subZone'),
  };
  const hostname = stringAt(endpoint, 'hostname');
  return {
    address,
    port,
    health: 'unknown',
    weight: numberAt(body, 'loadBalancingWeight') ?? 1,
    ...(where ? { locality } : {}),
    ...(hostname ? { hostname } : {}),
    metadata: objectAt(body, 'metadata', 'filterMetadata', 'envoy.lb') ?? {},
  };
}
