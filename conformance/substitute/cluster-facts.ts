import type { JsonObject } from '../../render/json.ts';
import { member, objectAt, objectsAt, textAt, textsAt } from '../../render/read-json.ts';
import { containersIn, typeOf } from '../matching/canonical-body.ts';

/** How a cluster comes to its hosts. */
export type Discovery =
  | 'static'
  | 'strict-dns'
  | 'logical-dns'
  | 'eds'
  | 'aggregate'
  | 'original-dst'
  | 'dynamic-forward-proxy'
  | 'other';

const CUSTOM: readonly (readonly [RegExp, Discovery])[] = [
  [/^envoy\.clusters?\.aggregate$/, 'aggregate'],
  [/^envoy\.clusters?\.(sub_cluster|dynamic_forward_proxy)/, 'dynamic-forward-proxy'],
  [/^envoy\.clusters?\.original_dst$/, 'original-dst'],
  [/^envoy\.clusters?\.eds$/, 'eds'],
  [/^envoy\.clusters?\.static$/, 'static'],
  [/^envoy\.clusters?\.logical_dns$/, 'logical-dns'],
  [/^envoy\.clusters?\.strict_dns$/, 'strict-dns'],
  // Redis asks its first hosts for the others over its own protocol; the first ones are ordinary DNS hosts.
  [/^envoy\.clusters?\.redis$/, 'strict-dns'],
];

export function discoveryOf(cluster: JsonObject): Discovery {
  const custom = objectAt(cluster, 'clusterType');
  if (custom) {
    const name = textAt(custom, 'name') ?? '';
    const type = typeOf(custom.typedConfig);
    if (name === 'envoy.clusters.dns' || name === 'envoy.cluster.dns' || type.endsWith('.dns.v3.DnsCluster')) {
      return member(custom, 'typedConfig', 'allAddressesInSingleEndpoint') === true ? 'logical-dns' : 'strict-dns';
    }
    const byType = /\.clusters\.(\w+)\.v3\./.exec(type)?.[1];
    const known = byType ? `envoy.clusters.${byType}` : name;
    return CUSTOM.find(([pattern]) => pattern.test(known))?.[1] ?? 'other';
  }
  switch (textAt(cluster, 'type') ?? 'STATIC') {
    case 'STATIC':
      return 'static';
    case 'STRICT_DNS':
      return 'strict-dns';
    case 'LOGICAL_DNS':
      return 'logical-dns';
    case 'EDS':
      return 'eds';
    case 'ORIGINAL_DST':
      return 'original-dst';
    default:
      return 'other';
  }
}

export const isDns = (discovery: Discovery): boolean => discovery === 'strict-dns' || discovery === 'logical-dns';

/** The name of the endpoint resource that an EDS cluster asks for. */
export const assignmentNameOf = (cluster: JsonObject): string =>
  textAt(cluster, 'edsClusterConfig', 'serviceName') || (textAt(cluster, 'name') ?? '');

export const aggregatedBy = (cluster: JsonObject): readonly string[] =>
  textsAt(cluster, 'clusterType', 'typedConfig', 'clusters');

const UPSTREAM_TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

/** Every TLS context with which the cluster may speak to its hosts, nested ones included. */
export function upstreamTlsOf(cluster: JsonObject): readonly JsonObject[] {
  const sockets = [
    cluster.transportSocket,
    ...objectsAt(cluster, 'transportSocketMatches').map((match) => match.transportSocket),
  ];
  return sockets.flatMap((socket) =>
    [...containersIn(socket ?? {})].filter((container) => typeOf(container) === UPSTREAM_TLS),
  );
}

export const httpOptionsOf = (cluster: JsonObject): JsonObject | undefined =>
  objectAt(cluster, 'typedExtensionProtocolOptions', 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions');

/** What the cluster speaks to its hosts; `downstream`: what the request came in. */
export function upstreamProtocolOf(cluster: JsonObject): 'http/1.1' | 'h2' | 'h3' | 'downstream' {
  const options = httpOptionsOf(cluster);
  const explicit = objectAt(options, 'explicitHttpConfig');
  const automatic = objectAt(options, 'autoConfig');
  const downstream = objectAt(options, 'useDownstreamProtocolConfig');
  if (explicit) return explicit.http3ProtocolOptions ? 'h3' : explicit.http2ProtocolOptions ? 'h2' : 'http/1.1';
  // ALPN decides; the stand-ins offer HTTP/2 first.
  if (automatic) return 'h2';
  if (downstream) return 'downstream';
  if (textAt(cluster, 'protocolSelection') === 'USE_DOWNSTREAM_PROTOCOL') return 'downstream';
  return objectAt(cluster, 'http2ProtocolOptions') ? 'h2' : 'http/1.1';
}
