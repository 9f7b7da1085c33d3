const PREFIX = 'type.googleapis.com/';

export const XDS_TYPES = {
  RTDS: `${PREFIX}envoy.service.runtime.v3.Runtime`,
  SDS: `${PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`,
  CDS: `${PREFIX}envoy.config.cluster.v3.Cluster`,
  EDS: `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  LDS: `${PREFIX}envoy.config.listener.v3.Listener`,
  RDS: `${PREFIX}envoy.config.route.v3.RouteConfiguration`,
} as const;

/** Make before break: what is referred to is there before what refers to it. */
export const ADD_ORDER = ['RTDS', 'SDS', 'CDS', 'EDS', 'LDS', 'RDS'] as const;
/** The other way round: a cluster goes only when no listener and no route that a node holds can name it any more. */
export const REMOVE_ORDER = ['LDS', 'RDS', 'CDS', 'EDS'] as const satisfies readonly (typeof ADD_ORDER)[number][];

const rank = new Map<string, number>(ADD_ORDER.map((type, index) => [XDS_TYPES[type], index]));

/** Type URLs in the order of `ADD_ORDER`; types that it does not know go last, in the order they came. */
export const inAddOrder = (typeUrls: Iterable<string>): string[] =>
  [...typeUrls].sort((a, b) => (rank.get(a) ?? ADD_ORDER.length) - (rank.get(b) ?? ADD_ORDER.length));

/**
 * Types whose answers hold the full state, so that what is left out is removed; without names everything is asked for.
 * An answer of any other type may hold just a part, and removes nothing.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 */
export const isFullState = (typeUrl: string): boolean => typeUrl === XDS_TYPES.CDS || typeUrl === XDS_TYPES.LDS;

/** What may name clusters, and so waits until a node has taken its clusters and their endpoints. */
export const namesClusters = (typeUrl: string): boolean => typeUrl === XDS_TYPES.LDS || typeUrl === XDS_TYPES.RDS;
