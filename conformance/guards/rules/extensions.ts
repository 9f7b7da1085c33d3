import type { JsonObject } from '../../../render/json.ts';
import { flagAt, listAt, objectAt, objectsAt, stringAt } from '../../../render/references/read-json.ts';
import { messageOf, walkObjects } from '../../../render/references/walk-json.ts';
import type { Resource } from '../../../render/resource.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** Members that hold extensions which Envoy finds by the type of their `typed_config` alone. */
const EXTENSION_KEYS = new Set([
  'httpFilters',
  'filters',
  'listenerFilters',
  'accessLog',
  'transportSocket',
  'resourceMonitors',
  'earlyHeaderMutationExtensions',
  'originalIpDetectionExtensions',
  'clusterType',
]);
const NO_EXTENSION = new Set(
  ['Any', 'Empty', 'Struct', 'Value', 'ListValue', 'StringValue', 'BytesValue'].map(
    (name) => `google.protobuf.${name}`,
  ),
);

/** Cluster extensions that stand for the built-in types and need no configuration. */
const BUILT_IN_CLUSTERS = new Set(
  ['static', 'strict_dns', 'logical_dns', 'eds', 'original_dst', 'dns'].map((name) => `envoy.cluster.${name}`),
);

/** `Didn't find a registered network or http filter or protocol options implementation for name: '…'` */
function optionFaults(resource: Resource, object: JsonObject): readonly Complaint[] {
  const options = objectAt(object, 'typedExtensionProtocolOptions');
  return Object.keys(options ?? {}).flatMap((name): Complaint[] => {
    const config = objectAt(options, name);
    const type = config && messageOf(config);
    if (!config || type === undefined || !NO_EXTENSION.has(type)) return [];
    const want =
      'options of an extension that has some, such as envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
    return [
      {
        resource,
        holder: options as JsonObject,
        key: name,
        atKey: true,
        saw: `${type} as the protocol options ${name}`,
        want,
      },
    ];
  });
}

/** `no factory found for a required type URL …` */
function discoveryFaults(resource: Resource, object: JsonObject, key: string): readonly Complaint[] {
  if (key !== 'configDiscovery') return [];
  const types = listAt(object, 'typeUrls');
  return types.flatMap((url, index): Complaint[] => {
    const type = String(url).slice(String(url).lastIndexOf('/') + 1);
    if (!NO_EXTENSION.has(type)) return [];
    return [
      {
        resource,
        holder: types,
        key: index,
        saw: `${type} as the type of a discovered filter`,
        want: 'the type of configuration of a filter that Envoy has',
      },
    ];
  });
}

/** `Didn't find a registered implementation for '…' with type URL: ''`: names alone have not been enough since v2. */
const missingTypedConfig: SnapshotRule = {
  code: 'missing-typed-config',
  severity: 'error',
  summary: 'A filter or other extension has no typed_config.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource): Complaint[] => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object, key }) => {
        complaints.push(...optionFaults(resource, object), ...discoveryFaults(resource, object, key));
        if (!EXTENSION_KEYS.has(key) || stringAt(object, 'name') === '' || object['@type'] !== undefined) return;
        if (object.configDiscovery !== undefined || flagAt(object, 'isOptional')) return;
        const config = objectAt(object, 'typedConfig');
        const name = stringAt(object, 'name');
        if (!config && !(key === 'clusterType' && BUILT_IN_CLUSTERS.has(name))) {
          const want = 'typed_config with the @type of its configuration, even where that is empty';
          complaints.push({ resource, holder: object, key: 'name', saw: `${name} without typed_config`, want });
        }
        const type = config && messageOf(config);
        if (type !== undefined && NO_EXTENSION.has(type)) {
          const want = 'the type of configuration of an extension that Envoy has';
          complaints.push({
            resource,
            holder: config as JsonObject,
            key: '@type',
            saw: `${type} as the configuration of ${name}`,
            want,
          });
        }
        if (key === 'clusterType' && type?.startsWith('envoy.config.'))
          complaints.push({
            resource,
            holder: config as JsonObject,
            key: '@type',
            saw: `${type} as the configuration of ${name}`,
            want: 'the type of configuration of a cluster extension (envoy.extensions.clusters.…)',
          });
      });
      return complaints;
    }),
};

// Filters whose kind does not depend on their configuration. Others (dynamic modules, discovered, composite ones) are left alone.
const HTTP = 'envoy.extensions.filters.http.';
const NETWORK = 'envoy.extensions.filters.network.';
const TERMINAL = new Set([
  `${HTTP}router.v3.Router`,
  `${NETWORK}http_connection_manager.v3.HttpConnectionManager`,
  `${NETWORK}tcp_proxy.v3.TcpProxy`,
  `${NETWORK}redis_proxy.v3.RedisProxy`,
  `${NETWORK}thrift_proxy.v3.ThriftProxy`,
  `${NETWORK}dubbo_proxy.v3.DubboProxy`,
  `${NETWORK}generic_proxy.v3.GenericProxy`,
  `${NETWORK}echo.v3.Echo`,
  `${NETWORK}direct_response.v3.Config`,
]);
const PASSING = new Set([
  ...(
    'adaptive_concurrency admission_control alternate_protocols_cache aws_lambda aws_request_signing bandwidth_limit basic_auth buffer ' +
    'cache cdn_loop compressor connect_grpc_bridge cors credential_injector csrf custom_response decompressor dynamic_forward_proxy ext_authz ' +
    'ext_proc fault gcp_authn geoip grpc_field_extraction grpc_http1_bridge grpc_http1_reverse_bridge grpc_json_transcoder grpc_stats grpc_web ' +
    'header_mutation header_to_metadata health_check ip_tagging json_to_metadata jwt_authn kill_request local_ratelimit lua oauth2 ' +
    'on_demand original_src rate_limit_quota ratelimit rbac set_filter_state set_metadata stateful_session tap thrift_to_metadata'
  )
    .split(' ')
    .map((name) => `${HTTP}${name}.`),
  ...'connection_limit ext_authz local_ratelimit ratelimit rbac set_filter_state sni_cluster sni_dynamic_forward_proxy wasm mongo_proxy zookeeper_proxy geoip'
    .split(' ')
    .map((name) => `${NETWORK}${name}.`),
]);
const kindOf = (type: string): 'terminal' | 'passing' | 'unknown' => {
  if (TERMINAL.has(type)) return 'terminal';
  for (const prefix of PASSING) if (type.startsWith(prefix)) return 'passing';
  return 'unknown';
};

/** `terminal filter … must be the last filter`, `non-terminal filter … is the last filter in a … filter chain` */
const filterOrder: SnapshotRule = {
  code: 'filter-order',
  severity: 'error',
  summary: 'A chain of filters does not end with its one terminal filter.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource): Complaint[] => {
      const complaints: Complaint[] = [];
      const judge = (owner: JsonObject, key: 'httpFilters' | 'filters'): void => {
        const filters = objectsAt(owner, key).filter((one) => !flagAt(one, 'disabled'));
        filters.forEach((filter, index) => {
          const config = objectAt(filter, 'typedConfig');
          const kind = kindOf((config && messageOf(config)) ?? '');
          const last = index === filters.length - 1;
          const name = stringAt(filter, 'name');
          if (kind === 'terminal' && !last)
            complaints.push({
              resource,
              holder: filter,
              saw: `terminal filter ${name} before other filters`,
              want: 'the terminal filter last: nothing behind it is ever reached',
            });
          if (kind === 'passing' && last && filters.length === objectsAt(owner, key).length)
            complaints.push({
              resource,
              holder: filter,
              saw: `${name}, which passes on to a next filter, as the last one`,
              want:
                key === 'httpFilters'
                  ? 'a terminal filter last, such as envoy.filters.http.router'
                  : 'a terminal filter last, such as envoy.filters.network.tcp_proxy',
            });
        });
      };
      walkObjects(resource.body, ({ object, key, message }) => {
        if (message?.endsWith('.HttpConnectionManager') && object['@type'] !== undefined) judge(object, 'httpFilters');
        if (resource.kind === 'listener' && (key === 'filterChains' || key === 'defaultFilterChain'))
          judge(object, 'filters');
      });
      return complaints;
    }),
};

export const EXTENSION_RULES: readonly SnapshotRule[] = [missingTypedConfig, filterOrder];
