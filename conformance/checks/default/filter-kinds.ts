/** `envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication` → `jwt_authn`. */
export const filterKind = (type: string): string =>
  /\.filters\.(?:http|network)\.([\w.]+?)\.v\d/.exec(type)?.[1] ?? type;

/** HTTP filters that pass on a well-formed request of a check, whatever their settings. */
const HARMLESS: ReadonlySet<string> = new Set([
  'router',
  'upstream_codec',
  'alternate_protocols_cache',
  'bandwidth_limit',
  'buffer',
  'cdn_loop',
  'compressor',
  'connect_grpc_bridge',
  'cors',
  'decompressor',
  'dynamic_forward_proxy',
  'file_system_buffer',
  'geoip',
  'grpc_http1_bridge',
  'grpc_stats',
  'grpc_web',
  'header_mutation',
  'header_to_metadata',
  'ip_tagging',
  'json_to_metadata',
  'on_demand',
  'original_src',
  'payload_to_metadata',
  'set_filter_state',
  'set_metadata',
  'sse_to_metadata',
  'stateful_session',
  'tap',
  'thrift_to_metadata',
]);

export const harmlessFilter = (type: string): boolean => HARMLESS.has(filterKind(type));

/** Filters that ask a service, which is a stand-in and says yes. */
export const ASKS_STAND_IN: ReadonlySet<string> = new Set(['ext_authz', 'ratelimit', 'ext_proc']);

/** Filters that turn away everybody who does not know a secret that a check cannot know. */
export const WANTS_SECRET: Readonly<Record<string, string>> = {
  oauth2: 'sends clients without a session to log in',
  basic_auth: 'wants a password that a check does not know',
  api_key_auth: 'wants an API key that a check does not know',
};
