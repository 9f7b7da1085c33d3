import type { JsonObject } from '../../../render/json.ts';
import { flagAt, objectAt, objectsAt, stringAt } from '../../../render/read-json.ts';
import { messageOf, walkObjects } from '../../../render/references/walk-json.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

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
export const filterOrder: SnapshotRule = {
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
