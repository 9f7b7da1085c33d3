import type { StageName } from '../../render/ids.ts';
import type { JsonObject } from '../../render/json.ts';
import { RESOURCE_TYPES, type ResourceKind } from '../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../render/snapshot.ts';

/** A snapshot of canonical bodies, each standing on a line of its own. */
export function snapshotOf(
  bodies: Partial<Record<ResourceKind, readonly JsonObject[]>>,
  bootstrap?: JsonObject,
): Snapshot {
  const resources = Object.entries(bodies).flatMap(([key, list]) => {
    const kind = key as ResourceKind;
    const { folder, nameField } = RESOURCE_TYPES[kind];
    return list.map((body, index) => ({
      kind,
      name: String(body[nameField]),
      body,
      at: { file: `${folder}.yaml`, line: index + 1, column: 1 },
    }));
  });
  return makeSnapshot('beta' as StageName, resources, bootstrap);
}

const ANY = 'type.googleapis.com/';
export const socket = (address: string, portValue: number): JsonObject => ({ socketAddress: { address, portValue } });
export const hostsAt = (...addresses: readonly (readonly [string, number])[]): JsonObject[] => [
  { lbEndpoints: addresses.map(([address, port]) => ({ endpoint: { address: socket(address, port) } })) },
];
/** A cluster with hosts of its own. */
export const cluster = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  connectTimeout: '1s',
  loadAssignment: { clusterName: name, endpoints: hostsAt(['10.0.0.1', 8080]) },
  ...more,
});
export const HTTP2 = {
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${ANY}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
};
export const ROUTER = {
  name: 'envoy.filters.http.router',
  typedConfig: { '@type': `${ANY}envoy.extensions.filters.http.router.v3.Router` },
};
export const managed = (routing: JsonObject, more: JsonObject = {}): JsonObject => ({
  name: 'http',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    statPrefix: 'http',
    httpFilters: [ROUTER],
    ...routing,
    ...more,
  },
});
export const listener = (name: string, filterChains: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  name,
  address: socket('0.0.0.0', 10_000),
  filterChains: [...filterChains],
  ...more,
});
export const downstreamTls = (more: JsonObject = {}, common: JsonObject = {}): JsonObject => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
    commonTlsContext: {
      tlsCertificates: [
        { certificateChain: { filename: '/etc/certs/tls.crt' }, privateKey: { filename: '/etc/certs/tls.key' } },
      ],
      ...common,
    },
    ...more,
  },
});
export const upstreamTls = (more: JsonObject = {}, common: JsonObject = {}): JsonObject => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
    commonTlsContext: common,
    ...more,
  },
});
/** Routes to clusters: each a match and the name of its cluster, or a whole route. */
export const routes = (name: string, virtualHosts: readonly JsonObject[]): JsonObject => ({
  name,
  virtualHosts: [...virtualHosts],
});
export const to = (match: JsonObject, clusterName: string, more: JsonObject = {}): JsonObject => ({
  match,
  route: { cluster: clusterName },
  ...more,
});

/** Without it a listener sees no server names. */
export const INSPECT = {
  listenerFilters: [
    {
      name: 'envoy.filters.listener.tls_inspector',
      typedConfig: { '@type': `${ANY}envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector` },
    },
  ],
};
