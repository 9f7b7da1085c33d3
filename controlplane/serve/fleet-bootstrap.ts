import { isIP } from 'node:net';
import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import { listAt, objectAt } from '../../render/read-json.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import type { BootstrapAddress } from './bootstrap-address.ts';
import { type FixedTags, fixedTags, statsdSink } from './statsd-sink.ts';

/** How the control plane is known, and how the Envoy makes itself known: files that the Envoy reads. */
export type ControlPlaneTls = {
  /** PEM of the authorities that the control plane's certificate must come from. */
  readonly caFile: string;
  /** The DNS name in that certificate; default: the host that is asked. */
  readonly serverName?: string;
  /** What the Envoy shows of itself, where the control plane asks for it. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
};

export type FleetBootstrapOptions = {
  readonly nodeId: string;
  readonly cluster: string;
  readonly metadata?: JsonObject;
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly subZone?: string };
  /** Where `mesh serve` listens. */
  readonly controlPlane: BootstrapAddress;
  /** 0: the OS gives one. */
  readonly adminPort: number;
  /** Names of Runtime resources, served by RTDS: each becomes a layer. */
  readonly runtimeLayers?: readonly string[];
  /** How often metrics are sent; Envoy's default is 5 s. */
  readonly statsFlushMs?: number;
  /** Incremental xDS instead of the state of the world. */
  readonly delta?: boolean;
  /** Default: the connection is not encrypted. */
  readonly tls?: ControlPlaneTls;
  /**
   * Who takes gRPC access logs, as the cluster `ACCESS_LOG_CLUSTER`; default: there is no such cluster. Encrypted as `tls` says where it is
   * the control plane itself.
   */
  readonly accessLogs?: BootstrapAddress;
  /** Who takes metrics by DogStatsD over UDP beside the control plane, an IP address; `tags` go with every one of them. */
  readonly statsd?: { readonly address: BootstrapAddress; readonly tags: FixedTags };
  /** What the mesh config itself has for the bootstrap (`bootstrap.yaml`), canonical proto3 JSON. */
  readonly piece?: JsonObject;
};

/** The bootstrap cluster that leads to the control plane; an access log of type gRPC may name it too. */
const CONTROL_PLANE_CLUSTER = 'meshgate_control_plane';
/** A connection of its own for access logs, so that no configuration waits behind them. */
const ACCESS_LOG_CLUSTER = 'meshgate_access_logs';

const grpcService: JsonObject = { envoyGrpc: { clusterName: CONTROL_PLANE_CLUSTER } };
const ads: JsonObject = { ads: {}, resourceApiVersion: 'V3' };

function tlsSocket({ caFile, serverName, certificate }: ControlPlaneTls, host: string): JsonObject {
  const isAddress = isIP(host) !== 0;
  const name = serverName ?? (isAddress ? undefined : host);
  const matcher: JsonObject =
    name !== undefined
      ? { sanType: 'DNS', matcher: { exact: name } }
      : { sanType: 'IP_ADDRESS', matcher: { exact: host } };
  const { certFile, keyFile } = certificate ?? {};
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      ...(name === undefined ? {} : { sni: name }),
      commonTlsContext: {
        validationContext: { trustedCa: { filename: caFile }, matchTypedSubjectAltNames: [matcher] },
        ...(certFile === undefined || keyFile === undefined
          ? {}
          : { tlsCertificates: [{ certificateChain: { filename: certFile }, privateKey: { filename: keyFile } }] }),
      },
    },
  };
}

/**
 * The bootstrap of an Envoy of the fleet: everything by ADS, and its metrics streamed to the same control plane. Latencies are
 * measured in the buckets that observation compares. What `piece` has beside is kept; where both say something, this does.
 */
export function fleetBootstrap(options: FleetBootstrapOptions): JsonObject {
  const { piece = {}, accessLogs, locality, statsd } = options;
  const metadata = { ...objectAt(piece, 'node', 'metadata'), ...options.metadata };
  const clusters = [
    grpcCluster(CONTROL_PLANE_CLUSTER, options.controlPlane, options.tls),
    ...(accessLogs ? [grpcCluster(ACCESS_LOG_CLUSTER, accessLogs, tlsOf(accessLogs, options))] : []),
  ];
  return {
    ...piece,
    node: {
      ...objectAt(piece, 'node'),
      id: options.nodeId,
      cluster: options.cluster,
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
      ...(locality ? { locality: { ...locality } } : {}),
    },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: options.adminPort } } },
    dynamicResources: {
      adsConfig: {
        apiType: options.delta ? 'DELTA_GRPC' : 'GRPC',
        transportApiVersion: 'V3',
        grpcServices: [grpcService],
        setNodeOnFirstMessageOnly: true,
      },
      cdsConfig: ads,
      ldsConfig: ads,
    },
    staticResources: {
      ...objectAt(piece, 'staticResources'),
      clusters: [...listAt(piece, 'staticResources', 'clusters'), ...clusters],
    },
    statsFlushInterval: `${(options.statsFlushMs ?? 5_000) / 1_000}s`,
    statsSinks: [...listAt(piece, 'statsSinks'), metricsSink, ...(statsd ? [statsdSink(statsd.address)] : [])],
    statsConfig: {
      ...objectAt(piece, 'statsConfig'),
      ...(statsd ? { statsTags: [...listAt(piece, 'statsConfig', 'statsTags'), ...fixedTags(statsd.tags)] } : {}),
      // The first that matches is taken.
      histogramBucketSettings: [...latencyBuckets, ...listAt(piece, 'statsConfig', 'histogramBucketSettings')],
    },
    layeredRuntime: { layers: runtimeLayers(options.runtimeLayers ?? [], listAt(piece, 'layeredRuntime', 'layers')) },
  };
}

/** Where the control plane itself takes the access logs, it is spoken to in one way. */
const tlsOf = ({ host, port }: BootstrapAddress, { controlPlane, tls }: FleetBootstrapOptions) =>
  host === controlPlane.host && port === controlPlane.port ? tls : undefined;

const metricsSink: JsonObject = {
  name: 'envoy.stat_sinks.metrics_service',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig',
    transportApiVersion: 'V3',
    grpcService,
    histogramEmitMode: 'HISTOGRAM',
  },
};

const latencyBuckets: readonly JsonObject[] = ['downstream_rq_time', 'upstream_rq_time'].map((suffix) => ({
  match: { suffix },
  buckets: [...LATENCY_BOUNDS_MS],
}));

/** Envoy takes one layer of its admin alone. */
function runtimeLayers(names: readonly string[], own: readonly JsonValue[]): JsonValue[] {
  const hasAdmin = own.some((layer) => isJsonObject(layer) && 'adminLayer' in layer);
  return [
    ...own,
    ...names.map((name) => ({ name, rtdsLayer: { name, rtdsConfig: ads } })),
    ...(hasAdmin ? [] : [{ name: 'admin', adminLayer: {} }]),
  ];
}

const grpcCluster = (name: string, { host, port }: BootstrapAddress, tls?: ControlPlaneTls): JsonObject => ({
  name,
  type: 'STRICT_DNS',
  connectTimeout: '5s',
  ...(tls ? { transportSocket: tlsSocket(tls, host) } : {}),
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      // A control plane whose host lost its power is noticed, and looked for again.
      explicitHttpConfig: { http2ProtocolOptions: { connectionKeepalive: { interval: '30s', timeout: '5s' } } },
    },
  },
  loadAssignment: {
    clusterName: name,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: { socketAddress: { address: host, portValue: port } } } }] }],
  },
});
