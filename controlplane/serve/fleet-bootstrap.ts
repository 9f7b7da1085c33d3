import type { JsonObject } from '../../render/json.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';

export type FleetBootstrapOptions = {
  readonly nodeId: string;
  readonly cluster: string;
  readonly metadata?: JsonObject;
  /** Where `mesh serve` listens. */
  readonly controlPlane: { readonly host: string; readonly port: number };
  /** 0: the OS gives one. */
  readonly adminPort: number;
  /** Names of Runtime resources, served by RTDS: each becomes a layer. */
  readonly runtimeLayers?: readonly string[];
  /** How often metrics are sent; Envoy's default is 5 s. */
  readonly statsFlushMs?: number;
};

/** The bootstrap cluster that leads to the control plane; an access log of type gRPC names it too. */
export const CONTROL_PLANE_CLUSTER = 'meshgate_control_plane';

const grpcService: JsonObject = { envoyGrpc: { clusterName: CONTROL_PLANE_CLUSTER } };
const ads: JsonObject = { ads: {}, resourceApiVersion: 'V3' };

/**
 * The bootstrap of an Envoy of the fleet: everything by ADS, and its metrics streamed to the same control plane. Latencies are
 * measured in the buckets that observation compares.
 */
export const fleetBootstrap = (options: FleetBootstrapOptions): JsonObject => ({
  node: { id: options.nodeId, cluster: options.cluster, ...(options.metadata ? { metadata: options.metadata } : {}) },
  admin: { address: { socketAddress: { address: '127.0.0.1', portValue: options.adminPort } } },
  dynamicResources: {
    adsConfig: {
      apiType: 'GRPC',
      transportApiVersion: 'V3',
      grpcServices: [grpcService],
      setNodeOnFirstMessageOnly: true,
    },
    cdsConfig: ads,
    ldsConfig: ads,
  },
  staticResources: {
    clusters: [
      {
        name: CONTROL_PLANE_CLUSTER,
        type: 'STRICT_DNS',
        connectTimeout: '5s',
        typedExtensionProtocolOptions: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            // A control plane whose host lost its power is noticed, and looked for again.
            explicitHttpConfig: { http2ProtocolOptions: { connectionKeepalive: { interval: '30s', timeout: '5s' } } },
          },
        },
        loadAssignment: {
          clusterName: CONTROL_PLANE_CLUSTER,
          endpoints: [
            {
              lbEndpoints: [
                {
                  endpoint: {
                    address: {
                      socketAddress: { address: options.controlPlane.host, portValue: options.controlPlane.port },
                    },
                  },
                },
              ],
            },
          ],
        },
      },
    ],
  },
  statsFlushInterval: `${(options.statsFlushMs ?? 5_000) / 1_000}s`,
  statsSinks: [
    {
      name: 'envoy.stat_sinks.metrics_service',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig',
        transportApiVersion: 'V3',
        grpcService,
        histogramEmitMode: 'HISTOGRAM',
      },
    },
  ],
  statsConfig: {
    histogramBucketSettings: [{ match: { suffix: 'downstream_rq_time' }, buckets: [...LATENCY_BOUNDS_MS] }],
  },
  layeredRuntime: {
    layers: [
      ...(options.runtimeLayers ?? []).map((name) => ({ name, rtdsLayer: { name, rtdsConfig: ads } })),
      { name: 'admin', adminLayer: {} },
    ],
  },
});
