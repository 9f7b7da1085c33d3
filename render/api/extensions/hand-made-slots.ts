/**
 * Extension categories of fields that Envoy's API leaves without a note of its own, or notes otherwise than Envoy acts; none means
 * that the general rule does not hold there. Each was tried on real Envoys: a type of no extension in the category is refused with
 * "Didn't find a registered implementation for …".
 */
export const HAND_MADE_SLOTS: Readonly<Record<string, readonly string[]>> = {
  // The key of the map says which extension is meant: see `checkProtocolOptions`.
  'envoy.config.cluster.v3.Cluster.typed_extension_protocol_options': [],
  // Envoy takes the first policy that it knows: see `checkPolicies`.
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy.typed_extension_config': [],
  'envoy.config.route.v3.RateLimit.Action.extension': ['envoy.rate_limit_descriptors', 'envoy.matching.http.input'],
  'envoy.config.cluster.v3.Cluster.transport_socket': ['envoy.transport_sockets.upstream'],
  'envoy.config.route.v3.FilterConfig.config': ['envoy.filters.http'],
  'envoy.config.route.v3.Route.typed_per_filter_config': ['envoy.filters.http'],
  'envoy.config.route.v3.RouteConfiguration.typed_per_filter_config': ['envoy.filters.http'],
  'envoy.config.route.v3.VirtualHost.typed_per_filter_config': ['envoy.filters.http'],
  'envoy.config.route.v3.WeightedCluster.ClusterWeight.typed_per_filter_config': ['envoy.filters.http'],
};

/** `typed_extension_protocol_options` finds its extension by the key, among these. */
export const PROTOCOL_OPTION_CATEGORIES = ['envoy.filters.network', 'envoy.filters.http', 'envoy.upstream_options'];

/** Extensions of these are found by name where their configuration is left out. */
export const FOUND_BY_NAME: ReadonlySet<string> = new Set(['envoy.clusters']);

/** Envoy has a default where the configuration of these is left out. */
export const HAS_DEFAULT: ReadonlySet<string> = new Set(['envoy.request_id']);

/** Looked up by name alone, whatever type the configuration has. */
export const NAME_ONLY: ReadonlySet<string> = new Set(['envoy.grpc_credentials', 'envoy.wasm.runtime']);
