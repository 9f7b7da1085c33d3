import type { JsonPath, JsonValue } from '../../render/json.ts';
import { TRACING_MUTATIONS } from './tracing-mutations.ts';

/** One feature of the sample mesh, how to take it out, and the check that must then fail. */
export type Mutation = {
  readonly feature: string;
  /** Relative to the config directory. */
  readonly file: string;
  /** What is deleted, or, with `set`, replaced. */
  readonly path: JsonPath;
  readonly set?: JsonValue;
  /** A stage in which the check applies. */
  readonly stage: string;
  /** The name of a declared check, or of a script in `checks/`. */
  readonly check: string;
  /** The rule that sees it before the check can run, where there is one. */
  readonly sooner?: 'check-health-unchecked' | 'grpc-health-check' | 'no-capacity';
};

const CLUSTER = ['resources', 'clusters', 0] as const;
const SERVICE_ROUTE = ['resources', 'routes', 0, 'virtual_hosts', 0, 'routes', 0, 'route'] as const;
const OUTBOUND = ['resources', 'listeners', 0, 'filter_chains', 0, 'filters', 0, 'typed_config'] as const;
const EDGE = ['filter_chains', 0, 'filters', 0, 'typed_config'] as const;
const FIRST_ROUTE = ['virtual_hosts', 0, 'routes', 0] as const;

export const MUTATIONS: readonly Mutation[] = [
  {
    feature: 'retries',
    file: 'templates/http-service.yaml',
    path: [...SERVICE_ROUTE, 'retry_policy'],
    stage: 'beta',
    check: 'retries reach another host',
  },
  {
    feature: 'timeouts',
    file: 'templates/http-service.yaml',
    path: [...SERVICE_ROUTE, 'timeout'],
    stage: 'beta',
    check: 'a slow catalog is given up',
  },
  {
    feature: 'a longer timeout in release',
    file: 'values/release.yaml',
    path: ['timeouts', 'catalog'],
    set: '15s',
    stage: 'release',
    check: 'a slow catalog is given up',
  },
  {
    feature: 'no retry of payments',
    file: 'routes/payments.yaml',
    path: [...FIRST_ROUTE, 'route', 'retry_policy', 'retry_on'],
    set: '5xx',
    stage: 'beta',
    check: 'a payment is not sent twice',
  },
  {
    feature: 'circuit breaker',
    file: 'templates/service-cluster.yaml',
    path: [...CLUSTER, 'circuit_breakers'],
    stage: 'beta',
    check: 'reviews overflows at once',
  },
  {
    feature: 'the tight limits of reviews',
    file: 'clusters/services.yaml',
    path: [3, 'with', 'max_pending_requests'],
    stage: 'canary',
    check: 'reviews overflows at once',
  },
  {
    feature: 'outlier detection',
    file: 'templates/service-cluster.yaml',
    path: [...CLUSTER, 'outlier_detection'],
    stage: 'beta',
    check: 'a host that only fails is ejected',
  },
  {
    feature: 'HTTP health checks',
    file: 'templates/service-cluster.yaml',
    path: [...CLUSTER, 'health_checks'],
    stage: 'beta',
    check: 'health of shipping is asked for',
    sooner: 'check-health-unchecked',
  },
  {
    feature: 'gRPC health checks',
    file: 'templates/grpc-cluster.yaml',
    path: [...CLUSTER, 'health_checks'],
    stage: 'beta',
    check: 'health of pricing is asked for by gRPC',
    sooner: 'check-health-unchecked',
  },
  {
    feature: 'EDS',
    file: 'templates/service-cluster.yaml',
    path: ['resources', 'endpoints', 0, 'endpoints', 0, 'lb_endpoints', 2],
    stage: 'beta',
    check: 'catalog has its hosts',
  },
  {
    feature: 'the overlay of release',
    file: 'stages/release/endpoints/catalog.yaml',
    path: ['endpoints', 1],
    stage: 'release',
    check: 'catalog has its hosts of two zones',
  },
  {
    feature: 'the traffic split',
    file: 'values/beta.yaml',
    path: ['payments'],
    set: { old_weight: 100, next_weight: 0 },
    stage: 'beta',
    check: 'payments moves (beta)',
  },
  {
    feature: 'the traffic split in staging',
    file: 'values/staging.yaml',
    path: ['payments'],
    set: { old_weight: 50, next_weight: 50 },
    stage: 'staging',
    check: 'payments moves (staging)',
  },
  {
    feature: 'shadowing',
    file: 'routes/search.yaml',
    path: [...FIRST_ROUTE, 'route', 'request_mirror_policies'],
    stage: 'beta',
    check: 'search is shadowed',
  },
  {
    feature: 'fault injection: aborts',
    file: 'templates/sidecar-outbound.yaml',
    path: [...OUTBOUND, 'http_filters', 0, 'typed_config', 'abort'],
    stage: 'beta',
    check: 'an asked-for abort',
  },
  {
    feature: 'fault injection: delays',
    file: 'templates/sidecar-outbound.yaml',
    path: [...OUTBOUND, 'http_filters', 0, 'typed_config', 'delay'],
    stage: 'staging',
    check: 'an asked-for delay',
  },
  {
    feature: 'no faults in production',
    file: 'values/canary.yaml',
    path: ['faults'],
    set: { percent: 100, max_active: 10 },
    stage: 'canary',
    check: 'nobody injects faults here',
  },
  {
    feature: 'runtime values',
    file: 'runtime/rollout.yaml',
    path: ['layer', 'search.next_percent'],
    stage: 'beta',
    check: 'search moves (beta)',
  },
  {
    feature: 'the runtime share of a route',
    file: 'routes/edge.yaml',
    path: ['virtual_hosts', 0, 'routes', 3, 'match', 'runtime_fraction'],
    stage: 'staging',
    check: 'search moves (staging)',
  },
  {
    feature: 'JSON access log of sidecars',
    file: 'templates/sidecar-outbound.yaml',
    path: [...OUTBOUND, 'access_log', 0, 'typed_config', 'log_format'],
    stage: 'beta',
    check: 'sidecars log in JSON',
  },
  {
    feature: 'JSON access log of the edge',
    file: 'listeners/edge.yaml',
    path: [...EDGE, 'access_log'],
    stage: 'beta',
    check: 'the edge logs in JSON',
  },
  {
    feature: 'retries of gRPC',
    file: 'routes/grpc.yaml',
    path: [0, ...FIRST_ROUTE, 'route', 'retry_policy'],
    stage: 'beta',
    check: 'an unavailable inventory is asked again',
  },
  {
    feature: 'timeouts of gRPC',
    file: 'routes/grpc.yaml',
    path: [1, ...FIRST_ROUTE, 'route', 'timeout'],
    set: '15s',
    stage: 'beta',
    check: 'a slow pricing is given up',
  },
  {
    feature: 'gRPC only',
    file: 'routes/grpc.yaml',
    path: [0, ...FIRST_ROUTE, 'match', 'grpc'],
    stage: 'beta',
    check: 'what is no gRPC does not reach inventory',
  },
  {
    feature: 'HTTP/2 to gRPC services',
    file: 'templates/grpc-cluster.yaml',
    path: [...CLUSTER, 'typed_extension_protocol_options'],
    stage: 'beta',
    check: 'inventory answers',
    sooner: 'grpc-health-check',
  },
  {
    feature: 'plain paths at the edge',
    file: 'listeners/edge.yaml',
    path: [...EDGE, 'normalize_path'],
    stage: 'beta',
    check: 'paths are made plain before they are matched',
  },
  {
    feature: 'single slashes at the edge',
    file: 'listeners/edge.yaml',
    path: [...EDGE, 'merge_slashes'],
    stage: 'beta',
    check: 'paths are made plain before they are matched',
  },
  {
    feature: 'no underscores in header names',
    file: 'listeners/edge.yaml',
    path: [...EDGE, 'common_http_protocol_options', 'headers_with_underscores_action'],
    stage: 'beta',
    check: 'names with underscores are refused',
  },
  {
    feature: 'the rewrite of checkout',
    file: 'routes/edge.yaml',
    path: ['virtual_hosts', 0, 'routes', 6, 'route', 'prefix_rewrite'],
    stage: 'beta',
    check: 'checkout reaches payments',
  },
  {
    feature: 'strict transport security',
    file: 'routes/edge.yaml',
    path: ['virtual_hosts', 0, 'response_headers_to_add'],
    stage: 'beta',
    check: 'the edge is alive',
  },
  {
    feature: 'names that the edge does not know',
    file: 'routes/edge.yaml',
    path: ['virtual_hosts', 1, 'routes', 0, 'direct_response', 'status'],
    set: 200,
    stage: 'beta',
    check: 'the edge knows its own names only',
  },
  {
    feature: 'gRPC at the edge',
    file: 'routes/edge.yaml',
    path: ['virtual_hosts', 0, 'routes', 7],
    stage: 'beta',
    check: 'the edge offers inventory',
  },
  {
    feature: 'apps that register themselves',
    file: 'templates/grpc-app.yaml',
    path: ['resources', 'virtual_hosts', 0, 'routes', 0, 'match', 'prefix'],
    set: '/nothing/',
    stage: 'staging',
    check: 'an app that registers itself is offered',
  },
  {
    feature: 'the inbound listener',
    file: 'routes/inbound.yaml',
    path: ['virtual_hosts', 0, 'routes', 1],
    stage: 'beta',
    check: 'the program beside the sidecar is reached',
  },
  {
    feature: 'hosts of every cluster',
    file: 'templates/grpc-cluster.yaml',
    path: ['resources', 'endpoints', 0, 'endpoints', 0, 'lb_endpoints'],
    set: [],
    stage: 'beta',
    check: 'clusters-ready.mjs',
    sooner: 'no-capacity',
  },
  ...TRACING_MUTATIONS,
];
