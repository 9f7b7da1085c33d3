const PREFIX = 'type.googleapis.com/';

/** What is served, by the name of its discovery service. */
export const XDS_TYPES = {
  RTDS: `${PREFIX}envoy.service.runtime.v3.Runtime`,
  SDS: `${PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`,
  CDS: `${PREFIX}envoy.config.cluster.v3.Cluster`,
  EDS: `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  ECDS: `${PREFIX}envoy.config.core.v3.TypedExtensionConfig`,
  LDS: `${PREFIX}envoy.config.listener.v3.Listener`,
  SRDS: `${PREFIX}envoy.config.route.v3.ScopedRouteConfiguration`,
  RDS: `${PREFIX}envoy.config.route.v3.RouteConfiguration`,
} as const;

/** Types that an Envoy may ask an aggregated stream for and of which nothing is served: nothing of that name exists. */
const UNSERVED_TYPES = [`${PREFIX}envoy.config.route.v3.VirtualHost`, `${PREFIX}envoy.config.endpoint.v3.LbEndpoint`];

/** Make before break: what is referred to is there before what refers to it. */
export const ADD_ORDER = ['RTDS', 'SDS', 'CDS', 'EDS', 'ECDS', 'LDS', 'SRDS', 'RDS'] as const;

const rank = new Map<string, number>(ADD_ORDER.map((type, index) => [XDS_TYPES[type], index]));

/** Where a type stands in `ADD_ORDER`; types that it does not know go last. */
export const addRank = (typeUrl: string): number => rank.get(typeUrl) ?? ADD_ORDER.length;

/** Type URLs in the order of `ADD_ORDER`; types that it does not know go last, in the order they came. */
export const inAddOrder = (typeUrls: Iterable<string>): string[] =>
  [...typeUrls].sort((a, b) => addRank(a) - addRank(b));

const known = new Map([...Object.values(XDS_TYPES), ...UNSERVED_TYPES].map((typeUrl) => [typeUrl as string, typeUrl]));

/** The same text, always as the same string; undefined: no type of xDS. */
export const knownType = (typeUrl: string): string | undefined => known.get(typeUrl);

/**
 * Types whose state-of-the-world answers hold the full state, so that what is left out is removed. An answer of any other type may
 * hold just a part, and removes nothing. Scoped routes are not named there, but Envoy reads them so.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#grouping-resources-into-responses
 */
export const isFullState = (typeUrl: string): boolean =>
  typeUrl === XDS_TYPES.CDS || typeUrl === XDS_TYPES.LDS || typeUrl === XDS_TYPES.SRDS;

/** What may name clusters, and so waits until a node has taken its clusters and their endpoints. */
export const namesClusters = (typeUrl: string): boolean => addRank(typeUrl) >= addRank(XDS_TYPES.ECDS);

/** What may name anything: clusters name endpoints and secrets. */
export const isNaming = (typeUrl: string): boolean => typeUrl === XDS_TYPES.CDS || namesClusters(typeUrl);
export const NAMING_TYPES: readonly string[] = Object.values(XDS_TYPES).filter(isNaming);

/** What a cluster waits for until it is warm. */
export const isWarmedWith = (typeUrl: string): boolean => typeUrl === XDS_TYPES.EDS || typeUrl === XDS_TYPES.SDS;

/**
 * What a removal waits for: nothing that a node holds may name it any more. Listeners and scopes are named by nothing, so they go at
 * once; all else goes when listeners and routes that may have named it are replaced.
 */
export const isNamedByOthers = (typeUrl: string): boolean => typeUrl !== XDS_TYPES.LDS && typeUrl !== XDS_TYPES.SRDS;
