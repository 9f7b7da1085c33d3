import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import type { NodeIdentity } from './node-identity.ts';

/** The bootstrap cluster that leads to the cell's control plane. */
export const XDS_CLUSTER = 'meshgate_xds';
/** A listener of the harness's own: it sends a request to the cluster that `PROBE_CLUSTER_HEADER` names, past all filters and routes. */
export const PROBE_LISTENER = 'meshgate_probe';
export const PROBE_CLUSTER_HEADER = 'x-meshgate-probe-cluster';

/** Health checks run at most this far apart in a cell, whatever their interval, so that a rehearsal sees several rounds of them. */
export const HEALTH_CHECK_MAX_INTERVAL_MS = 500;

export type BootstrapOptions = {
  readonly node: NodeIdentity;
  readonly group: string;
  readonly controlPlane: { readonly host: string; readonly port: number };
  /** Names of Runtime resources, served by RTDS: each becomes a layer. */
  readonly runtimeLayers: readonly string[];
  /** The mesh config's own piece of bootstrap, substituted already. */
  readonly piece?: JsonObject;
  /** Where the probe listens; absent: no probe listener. */
  readonly probeHost?: string;
};

/** Request metadata by which the control plane tells the Envoys of a run apart: several of one cell may bear the same node id. */
export const GROUP_METADATA = 'x-meshgate-group';

const grpcToControlPlane = (group: string): JsonObject => ({
  apiType: 'GRPC',
  transportApiVersion: 'V3',
  grpcServices: [{ envoyGrpc: { clusterName: XDS_CLUSTER }, initialMetadata: [{ key: GROUP_METADATA, value: group }] }],
});

const xdsCluster = ({ host, port }: BootstrapOptions['controlPlane']): JsonObject => ({
  name: XDS_CLUSTER,
  type: 'STATIC',
  connectTimeout: '5s',
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
  loadAssignment: {
    clusterName: XDS_CLUSTER,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: { socketAddress: { address: host, portValue: port } } } }] }],
  },
});

const probeListener = (host: string): JsonObject => ({
  name: PROBE_LISTENER,
  address: { socketAddress: { address: host, portValue: 0 } },
  filterChains: [
    {
      filters: [
        {
          name: 'envoy.filters.network.http_connection_manager',
          typedConfig: {
            '@type':
              'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            statPrefix: PROBE_LISTENER,
            codecType: 'AUTO',
            httpFilters: [
              {
                name: 'envoy.filters.http.router',
                typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
              },
            ],
            routeConfig: {
              name: PROBE_LISTENER,
              virtualHosts: [
                {
                  name: PROBE_LISTENER,
                  domains: ['*'],
                  routes: [{ match: { prefix: '/' }, route: { clusterHeader: PROBE_CLUSTER_HEADER, timeout: '5s' } }],
                },
              ],
            },
          },
        },
      ],
    },
  ],
});

const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
const objectOf = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});

/**
 * The whole bootstrap of a cell's Envoy: node, admin on a port from the OS, ADS for everything, one runtime layer for each RTDS
 * resource, and what the mesh config's own piece adds. The harness's runtime layer comes last, so it wins.
 */
export function bootstrapFor(options: BootstrapOptions): JsonObject {
  const piece = options.piece ?? {};
  const statics = objectOf(piece.staticResources);
  const layers = listOf(objectOf(piece.layeredRuntime).layers);
  const listeners = [...listOf(statics.listeners)];
  if (options.probeHost !== undefined) listeners.push(probeListener(options.probeHost));
  return {
    ...piece,
    node: {
      id: options.node.id,
      cluster: options.node.cluster,
      ...(Object.keys(options.node.metadata).length > 0 ? { metadata: options.node.metadata } : {}),
      ...objectOf(piece.node),
    },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: 0 } } },
    dynamicResources: {
      adsConfig: { ...grpcToControlPlane(options.group), setNodeOnFirstMessageOnly: true },
      cdsConfig: { ads: {}, resourceApiVersion: 'V3' },
      ldsConfig: { ads: {}, resourceApiVersion: 'V3' },
    },
    staticResources: {
      ...statics,
      clusters: [...listOf(statics.clusters), xdsCluster(options.controlPlane)],
      ...(listeners.length > 0 ? { listeners: [...listeners] } : {}),
    },
    layeredRuntime: {
      layers: [
        ...layers,
        ...options.runtimeLayers.map((name) => ({
          name,
          rtdsLayer: { name, rtdsConfig: { ads: {}, resourceApiVersion: 'V3' } },
        })),
        { name: 'meshgate', staticLayer: { health_check: { max_interval: HEALTH_CHECK_MAX_INTERVAL_MS } } },
      ],
    },
  };
}
