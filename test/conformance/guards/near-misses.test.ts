import { describe, expect, test } from 'vitest';
import { guard, snapshotOf, type Texts, told } from './snapshot-of.ts';

// Configs that look like a fault and are none: a guard that cries at these is wrong. And some where the severity is the point.
const EXT = 'type.googleapis.com/envoy.extensions';
const APP = `
- name: app
  load_assignment:
    cluster_name: app
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } }] }]
`;
const ROUTER = `{ name: router, typed_config: { "@type": ${EXT}.filters.http.router.v3.Router } }`;
const manager = (more: string): string =>
  `filters: [{ name: hcm, typed_config: { "@type": ${EXT}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: a, http_filters: [${ROUTER}], ${more} } }]`;
const RDS = 'rds: { route_config_name: web, config_source: { ads: {} } }';
const listener = (name: string, address: string, chain: string, more = ''): string =>
  `- { name: ${name}, address: { ${address} }, filter_chains: [{ ${chain} }]${more} }\n`;
const at = (port: number, host = '127.0.0.1', more = ''): string =>
  `socket_address: { address: "${host}", port_value: ${port}${more} }`;
const EDGE = listener('edge', at(8000), manager(RDS));
const routes = (list: string, more = ''): string =>
  `- { name: web, virtual_hosts: [{ name: all, domains: ["*"], routes: [${list}] }]${more} }`;
const TO_APP = 'route: { cluster: app }';
const WEB = routes(`{ match: { prefix: / }, ${TO_APP} }`);
const tcp = (cluster: string): string =>
  `filters: [{ name: tcp, typed_config: { "@type": ${EXT}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: a, cluster: ${cluster} } }]`;
const web = (list: string): Texts => ({ cluster: APP, listener: EDGE, route: routes(list) });

const GREEN: Readonly<Record<string, Texts>> = {
  'the plain mesh': { cluster: APP, listener: EDGE, route: WEB },
  'a cluster chosen by header': web('{ match: { prefix: / }, route: { cluster_header: x-cluster } }'),
  'port 0 twice': { cluster: APP, listener: listener('a', at(0), tcp('app')) + listener('b', at(0), tcp('app')) },
  'a field of a JSON access log that is called cluster': {
    cluster: APP,
    route: WEB,
    listener: EDGE.replace(
      RDS,
      `${RDS}, access_log: [{ name: log, typed_config: { "@type": ${EXT}.access_loggers.stream.v3.StdoutAccessLog, log_format: { json_format: { cluster: "%UPSTREAM_CLUSTER%" } } } }]`,
    ),
  },
  'one port on two addresses': {
    cluster: APP,
    listener: listener('a', at(80), tcp('app')) + listener('b', at(80, '127.0.0.2'), tcp('app')),
  },
  'one port for TCP and for QUIC': {
    cluster: APP,
    route: WEB,
    listener:
      EDGE +
      listener(
        'quic',
        at(8000, '127.0.0.1', ', protocol: UDP'),
        `transport_socket: { name: quic, typed_config: { "@type": ${EXT}.transport_sockets.quic.v3.QuicDownstreamTransport, downstream_tls_context: { common_tls_context: { tls_certificates: [{ certificate_chain: { filename: /c }, private_key: { filename: /k } }] } } } }, ${manager(`codec_type: HTTP3, ${RDS}`)}`,
        ', udp_listener_config: { quic_options: {} }',
      ),
  },
  'ipv4_compat on the IPv6 wildcard': {
    cluster: APP,
    listener: listener('a', at(80, '::', ', ipv4_compat: true'), tcp('app')),
  },
  'a narrow route before a wide one': web(`{ match: { prefix: /a }, ${TO_APP} }, { match: { prefix: / }, ${TO_APP} }`),
  'a wide route with a condition before the same': web(
    `{ match: { prefix: /, headers: [{ name: x-beta, present_match: true }] }, ${TO_APP} }, { match: { prefix: / }, ${TO_APP} }`,
  ),
  'a route for a share of requests before the rest': web(
    `{ match: { prefix: /, runtime_fraction: { default_value: { numerator: 5 } } }, ${TO_APP} }, { match: { prefix: / }, ${TO_APP} }`,
  ),
  'CONNECT behind a prefix': web(`{ match: { prefix: / }, ${TO_APP} }, { match: { connect_matcher: {} }, ${TO_APP} }`),
  'a path in another case': web(`{ match: { path: /A }, ${TO_APP} }, { match: { path: /a }, ${TO_APP} }`),
  'a separated prefix and a path that only starts alike': web(
    `{ match: { path_separated_prefix: /a }, ${TO_APP} }, { match: { path: /ab }, ${TO_APP} }`,
  ),
  'a virtual host that only redirects to TLS': {
    cluster: APP,
    listener: EDGE,
    route: '- { name: web, virtual_hosts: [{ name: all, domains: ["*"], require_tls: ALL }] }',
  },
  'one domain in two route configurations': {
    cluster: APP,
    listener: EDGE + listener('b', at(8001), manager(RDS.replace('web', 'other'))),
    route: `${WEB}\n${WEB.replace('name: web', 'name: other')}`,
  },
  'filter chains of different names': {
    cluster: APP,
    listener: `- { name: a, address: { ${at(443)} }, filter_chains: [{ filter_chain_match: { server_names: [a.example] }, ${tcp('app')} }, { filter_chain_match: { server_names: [b.example] }, ${tcp('app')} }] }`,
  },
  'a secret that a file gives': {
    cluster: APP,
    listener: listener(
      'a',
      at(443),
      `${tcp('app')}, transport_socket: { name: tls, typed_config: { "@type": ${EXT}.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: { tls_certificate_sds_secret_configs: [{ name: c, sds_config: { path_config_source: { path: /c.yaml } } }] } } }`,
    ),
  },
  'a host by name where DNS finds it': {
    cluster: `${APP.replace('- name: app', '- name: app\n  type: STRICT_DNS').replace('127.0.0.1', 'app.internal')}`,
    listener: EDGE,
    route: WEB,
  },
  'EDS from another server': {
    cluster: `- { name: app, type: EDS, eds_cluster_config: { eds_config: { path_config_source: { path: /e.yaml } } } }`,
    listener: EDGE,
    route: WEB,
  },
  'a health-checked cluster with one host of two draining': {
    cluster: `- { name: app, type: EDS, eds_cluster_config: { eds_config: { ads: {} } }, health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }] }`,
    endpoint: `- { cluster_name: app, endpoints: [{ lb_endpoints: [{ health_status: DRAINING, endpoint: { address: { ${at(80, '10.0.0.1')} } } }, { endpoint: { address: { ${at(80, '10.0.0.2')} } } }] }] }`,
    listener: EDGE,
    route: WEB,
  },
  'a gRPC health check over HTTP/2': {
    cluster: `${APP.trimEnd()}
  typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": ${EXT}.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http2_protocol_options: {} } } }
  health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, grpc_health_check: {} }]
`,
    listener: EDGE,
    route: WEB,
  },
};

describe('what is no fault', () => {
  for (const [name, texts] of Object.entries(GREEN))
    test(name, () => {
      expect(guard(snapshotOf(texts)).map((one) => `${one.rule}: ${one.saw}`)).toEqual([]);
    });

  test('a cluster of the bootstrap is as good as one of the snapshot', () => {
    const bootstrap = { staticResources: { clusters: [{ name: 'elsewhere' }] } };
    const texts = { cluster: APP, listener: listener('a', at(80), tcp('elsewhere')) };
    expect(told(guard(snapshotOf(texts)))).toEqual(['unknown-cluster']);
    expect(told(guard(snapshotOf(texts, bootstrap)))).toEqual([]);
  });
});

describe('what is a warning only', () => {
  test('a cluster that is missing on purpose', () => {
    const missing = '{ match: { prefix: / }, route: { cluster: later } }';
    const texts = { cluster: APP, listener: EDGE };
    expect(told(guard(snapshotOf({ ...texts, route: routes(missing) })))).toEqual(['unknown-cluster']);
    const allowed = routes(missing, ', validate_clusters: false');
    expect(told(guard(snapshotOf({ ...texts, route: allowed })))).toEqual(['unknown-cluster (warning)']);
  });

  test('a TCP proxy in a snapshot of listeners alone, whose clusters come from elsewhere', () => {
    const texts = { listener: listener('a', at(80), tcp('app')) };
    expect(told(guard(snapshotOf(texts)))).toEqual(['unknown-cluster (warning)']);
    const inline = manager(
      `route_config: { virtual_hosts: [{ name: a, domains: ["*"], routes: [{ match: { prefix: / }, ${TO_APP} }] }] }`,
    );
    expect(told(guard(snapshotOf({ listener: listener('a', at(80), inline) })))).toEqual(['unknown-cluster']);
  });

  test('the service of a filter, which Envoy takes and calls once it is there', () => {
    const authz = `{ name: authz, typed_config: { "@type": ${EXT}.filters.http.ext_authz.v3.ExtAuthz, grpc_service: { envoy_grpc: { cluster_name: authz } } } }`;
    const texts = { cluster: APP, route: WEB, listener: EDGE.replace(ROUTER, `${authz}, ${ROUTER}`) };
    expect(told(guard(snapshotOf(texts)))).toEqual(['unknown-cluster (warning)']);
  });

  test('route configurations where nothing asks over RDS', () => {
    expect(told(guard(snapshotOf({ cluster: APP, route: WEB })))).toEqual(['unused-route-config (warning)']);
  });
});
