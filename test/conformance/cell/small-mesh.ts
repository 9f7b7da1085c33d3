import type { Texts } from './placed-snapshot.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters';

export const ROUTER = `{ name: router, typed_config: { "@type": ${TYPE}.http.router.v3.Router } }`;

/** An HTTP listener that takes its routes over RDS; `more` goes into its connection manager, `whole` into the listener. */
export const listener = (
  name: string,
  routes: string,
  { more = '', whole = '', port = 10_000 }: { more?: string; whole?: string; port?: number } = {},
): string => `
- name: ${name}
  address: { socket_address: { address: 0.0.0.0, port_value: ${port} } }
  ${whole}
  filter_chains:
    - filters:
        - name: hcm
          typed_config:
            "@type": ${TYPE}.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: ${name}
            http_filters: [${ROUTER}]
            rds: { route_config_name: ${routes}, config_source: { ads: {}, resource_api_version: V3 } }
            ${more}
`;

/** A route configuration with one virtual host; `routes` is a YAML flow list without its brackets. */
export const routes = (name: string, inside: string): string => `
- name: ${name}
  virtual_hosts: [{ name: all, domains: ["*"], routes: [${inside}] }]
`;

export const host = (address: string, more = ''): string =>
  `{ endpoint: { address: { socket_address: { address: ${address}, port_value: 8080 } } } ${more} }`;
export const hosts = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, index) => `10.0.0.${from + index}`);

export const HEALTH_CHECK =
  '{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /healthz } }';

/** A cluster with hosts of its own; `more` is put beside its name. */
export const cluster = (
  name: string,
  {
    type = 'STATIC',
    more = '',
    addresses = ['10.0.0.1'],
  }: { type?: string; more?: string; addresses?: readonly string[] } = {},
): string => `
- name: ${name}
  connect_timeout: 1s
  type: ${type}
  ${more}
  load_assignment:
    cluster_name: ${name}
    endpoints: [{ lb_endpoints: [${addresses.map((address) => host(address)).join(', ')}] }]
`;

export const edsCluster = (name: string, more = ''): string => `
- name: ${name}
  connect_timeout: 1s
  type: EDS
  eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }
  ${more}
`;

export const endpoints = (name: string, addresses: readonly string[]): string => `
- cluster_name: ${name}
  endpoints: [{ lb_endpoints: [${addresses.map((address) => host(address)).join(', ')}] }]
`;

/** One listener, one route, one cluster: what a cell passes. */
export const SMALL: Texts = {
  cluster: cluster('app'),
  route: routes('web', '{ match: { prefix: / }, route: { cluster: app } }'),
  listener: listener('edge', 'web'),
};
