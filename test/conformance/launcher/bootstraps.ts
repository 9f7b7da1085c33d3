const TYPE = 'type.googleapis.com/';
const loopback = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

/** As plain as it gets; `more` is added at the top. */
export const plain = (more: object = {}): string =>
  JSON.stringify({ node: { id: 'n', cluster: 'c' }, admin: { address: loopback(0) }, ...more });

export const WITHOUT_ADMIN = JSON.stringify({ node: { id: 'n', cluster: 'c' } });

/** Asks for its clusters at `port` and waits for them for ever. */
export const waitingFor = (host: string, port: number): string =>
  plain({
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STRICT_DNS',
          connect_timeout: '1s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': `${TYPE}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [
              { lb_endpoints: [{ endpoint: { address: { socket_address: { address: host, port_value: port } } } }] },
            ],
          },
        },
      ],
    },
  });

/** Answers every request itself, and writes an access log to `/dev/stdout`. */
export const answering = (address: string, port: number): string =>
  plain({
    static_resources: {
      listeners: [
        {
          name: 'web',
          address: { socket_address: { address, port_value: port } },
          filter_chains: [
            {
              filters: [
                {
                  name: 'http',
                  typed_config: {
                    '@type': `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                    stat_prefix: 'web',
                    access_log: [
                      {
                        name: 'file',
                        typed_config: {
                          '@type': `${TYPE}envoy.extensions.access_loggers.file.v3.FileAccessLog`,
                          path: '/dev/stdout',
                          log_format: { text_format_source: { inline_string: 'ACCESS %REQ(:PATH)%\n' } },
                        },
                      },
                    ],
                    route_config: {
                      virtual_hosts: [
                        {
                          name: 'all',
                          domains: ['*'],
                          routes: [
                            {
                              match: { prefix: '/' },
                              direct_response: { status: 200, body: { inline_string: 'here' } },
                            },
                          ],
                        },
                      ],
                    },
                    http_filters: [
                      {
                        name: 'router',
                        typed_config: { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` },
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  });

export const REFUSED = plain({ static_resources: { clusters: [{ name: 'a', connect_timeout: '-1s' }] } });
export const UNKNOWN_FIELD = plain({ no_such_field: 1 });
