import type { Locality } from '../../render/discovery/cluster-discovery.ts';
import type { JsonObject, JsonValue } from '../../render/json.ts';
import type { WantedHosts } from '../ramp/ramp-input.ts';
import { type DiscoveredHost, type HostHealth, weightOf } from './discovered-host.ts';

/** By what Envoy balances between localities: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/locality_weight */
export type LocalityWeights = (locality: Locality | undefined, hosts: readonly DiscoveredHost[]) => number;

/** The weights of its hosts added up: each host gets the same share as if there were no localities. */
const byHosts: LocalityWeights = (_, hosts) => hosts.reduce((sum, { weight }) => sum + weightOf(weight), 0);

/** DRAINING is what Envoy's API has for a host that shall get no new requests and is not broken. */
const STATUS: Readonly<Record<HostHealth, string | undefined>> = {
  healthy: 'HEALTHY',
  unhealthy: 'UNHEALTHY',
  maintenance: 'DRAINING',
  unknown: undefined,
};

/**
 * The canonical proto3 JSON of the `envoy.config.endpoint.v3.ClusterLoadAssignment` of a cluster: same hosts, same bytes. A priority that
 * has no hosts stands as an empty one where later ones have some, since Envoy's API wants priorities without gaps. `serviceName` is the
 * cluster's `eds_cluster_config.service_name`, or else its name.
 */
export function clusterLoadAssignment(
  serviceName: string,
  wanted: WantedHosts,
  localityWeight: LocalityWeights = byHosts,
): JsonObject {
  const last = Math.max(-1, ...[...wanted].flatMap(([priority, hosts]) => (hosts.length > 0 ? [priority] : [])));
  const endpoints = Array.from({ length: last + 1 }, (_, priority) =>
    localitiesOf(priority, wanted.get(priority) ?? [], localityWeight),
  ).flat();
  return { clusterName: serviceName, ...(endpoints.length > 0 ? { endpoints } : {}) };
}

function localitiesOf(
  priority: number,
  hosts: readonly DiscoveredHost[],
  localityWeight: LocalityWeights,
): readonly JsonObject[] {
  const written = priority === 0 ? {} : { priority };
  if (hosts.length === 0) return [written];
  const byLocality = Map.groupBy(hosts, ({ locality }) => localityKey(locality));
  return [...byLocality]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, those]) => {
      const locality = those[0]?.locality;
      const fields = localityFields(locality);
      return {
        ...(fields ? { locality: fields } : {}),
        lbEndpoints: those.map(lbEndpoint),
        loadBalancingWeight: Math.min(0xffff_ffff, Math.max(1, Math.round(localityWeight(locality, those)))),
        ...written,
      };
    });
}

const localityKey = (locality: Locality | undefined): string =>
  locality ? JSON.stringify([locality.region, locality.zone, locality.subZone]) : '["","",""]';

/** Default values are left out of canonical JSON; a locality of empty names is none. */
function localityFields(locality: Locality | undefined): JsonObject | undefined {
  const named = Object.entries({ region: locality?.region, zone: locality?.zone, subZone: locality?.subZone });
  const fields = named.flatMap(([name, text]): [string, JsonValue][] => (text ? [[name, text]] : []));
  return fields.length > 0 ? Object.fromEntries(fields) : undefined;
}

function lbEndpoint({ address, port, health, weight, hostname, metadata }: DiscoveredHost): JsonObject {
  const status = STATUS[health];
  return {
    endpoint: {
      address: { socketAddress: { address, portValue: port } },
      ...(hostname ? { hostname } : {}),
    },
    ...(status ? { healthStatus: status } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata: { filterMetadata: { 'envoy.lb': sorted(metadata) } } } : {}),
    loadBalancingWeight: weightOf(weight),
  };
}

/** Members in the order of their names, all the way down. */
const sorted = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sortedValue(inner)]),
  );

function sortedValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortedValue);
  return typeof value === 'object' && value !== null ? sorted(value) : value;
}
