import { describe, expect, test } from 'vitest';
import { apiSetOf, newestApiSet } from '../../../render/api/api-set.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import type { JsonObject } from '../../../render/json.ts';
import { at, cluster, HCM, listenerWith, ROUTER, routeConfig, typed } from './messages.ts';

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const LISTENER = 'envoy.config.listener.v3.Listener';
const ROUTE = 'envoy.config.route.v3.RouteConfiguration';

const found = (message: string, json: JsonObject, minor = newestApiSet().minor) =>
  checkMessage(apiSetOf(minor), message, json, { at }).findings;
const brief = (message: string, json: JsonObject, minor?: string) =>
  found(message, json, minor).map(({ rule, path }) => `${rule} ${path}`);

describe('faults, each with its rule and path', () => {
  const hcm = 'filter_chains[0].filters[0].typed_config';
  const metadata = (value: JsonObject): JsonObject => cluster({ metadata: value });
  const CASES: readonly (readonly [name: string, message: string, json: JsonObject, expected: readonly string[]])[] = [
    ['a field that nobody knows', CLUSTER, cluster({ lb_polcy: 'RANDOM' }), ['unknown-field lb_polcy']],
    ['an unknown field, although null', CLUSTER, cluster({ foo: null }), ['unknown-field foo']],
    ['both spellings', CLUSTER, cluster({ lbPolicy: 'RANDOM', lb_policy: 'RANDOM' }), ['duplicate-field lb_policy']],
    ['a number for text', CLUSTER, cluster({ alt_stat_name: 5 }), ['wrong-type alt_stat_name']],
    ['true for text', CLUSTER, cluster({ alt_stat_name: true }), ['wrong-type alt_stat_name']],
    [
      '1 for true',
      CLUSTER,
      cluster({ ignore_health_on_host_removal: 1 }),
      ['wrong-type ignore_health_on_host_removal'],
    ],
    ['a list for a message', CLUSTER, cluster({ circuit_breakers: [] }), ['wrong-type circuit_breakers']],
    ['text for a message', CLUSTER, cluster({ circuit_breakers: 'x' }), ['wrong-type circuit_breakers']],
    [
      'text for a map',
      CLUSTER,
      cluster({ metadata: { filter_metadata: 'x' } }),
      ['wrong-type metadata.filter_metadata'],
    ],
    [
      'text for a struct',
      CLUSTER,
      metadata({ filter_metadata: { a: 'x' } }),
      ['wrong-type metadata.filter_metadata.a'],
    ],
    [
      'half a number',
      CLUSTER,
      cluster({ per_connection_buffer_limit_bytes: 5.5 }),
      ['wrong-type per_connection_buffer_limit_bytes'],
    ],
    [
      'an empty number',
      CLUSTER,
      cluster({ per_connection_buffer_limit_bytes: '' }),
      ['wrong-type per_connection_buffer_limit_bytes'],
    ],
    [
      'a negative number',
      CLUSTER,
      cluster({ per_connection_buffer_limit_bytes: -1 }),
      ['number-out-of-range per_connection_buffer_limit_bytes'],
    ],
    [
      'more than 32 bits',
      CLUSTER,
      cluster({ per_connection_buffer_limit_bytes: 2 ** 32 }),
      ['number-out-of-range per_connection_buffer_limit_bytes'],
    ],
    ['an unknown enum value', CLUSTER, cluster({ lb_policy: 'ROUND-ROBIN' }), ['unknown-enum-value lb_policy']],
    ['an enum number that is not defined', CLUSTER, cluster({ lb_policy: 77 }), ['constraint lb_policy']],
    ['true for an enum', CLUSTER, cluster({ lb_policy: true }), ['wrong-type lb_policy']],
    ...['1', '.5s', '1.s', '1e3s', '250ms', '1m', '', ' 1s', '1S', '-1s', '-0.5s', '9223372036s', '1.0000000001s'].map(
      (text) =>
        [
          `the duration "${text}"`,
          CLUSTER,
          cluster({ connect_timeout: text }),
          ['bad-duration connect_timeout'],
        ] as const,
    ),
    ['a number for a duration', CLUSTER, cluster({ connect_timeout: 1 }), ['wrong-type connect_timeout']],
    [
      'two of a oneof',
      CLUSTER,
      cluster({ type: 'EDS', cluster_type: { name: 'envoy.cluster.eds' } }),
      ['oneof-conflict cluster_type'],
    ],
    ['no @type', LISTENER, listenerWith({ stat_prefix: 'x' }), [`missing-type-url ${hcm}`]],
    ['an unknown @type', LISTENER, listenerWith(typed('foo.Bar')), [`unknown-type ${hcm}.@type`]],
    ['an @type without a host', LISTENER, listenerWith({ '@type': HCM }), [`unknown-type ${hcm}.@type`]],
    [
      'an API version of old',
      LISTENER,
      listenerWith(typed('envoy.config.filter.network.tcp_proxy.v2.TcpProxy')),
      [`unknown-type ${hcm}.@type`],
    ],
    [
      'typed_config in typed_config',
      LISTENER,
      listenerWith({ typed_config: typed(HCM) }),
      [`nested-typed-config ${hcm}.typed_config`],
    ],
    [
      'typed_config in typed_config with a type of its own',
      LISTENER,
      listenerWith({ ...typed(HCM), typed_config: typed(HCM) }),
      [`nested-typed-config ${hcm}.typed_config`],
    ],
    [
      'a Struct as configuration',
      LISTENER,
      listenerWith(typed('google.protobuf.Struct', { value: {} })),
      [`unknown-extension ${hcm}.@type`],
    ],
    ['a type of no network filter', LISTENER, listenerWith(typed(ROUTER)), [`unknown-extension ${hcm}.@type`]],
    [
      'a filter by name alone',
      LISTENER,
      { ...listenerWith({}), filter_chains: [{ filters: [{ name: 'x' }] }] },
      ['missing-typed-config filter_chains[0].filters[0]'],
    ],
    [
      'a socket by name alone',
      CLUSTER,
      cluster({ transport_socket: { name: 'tls' } }),
      ['missing-typed-config transport_socket'],
    ],
    [
      'the socket of the other side',
      CLUSTER,
      cluster({
        transport_socket: {
          name: 'tls',
          typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
        },
      }),
      ['unknown-extension transport_socket.typed_config.@type'],
    ],
    [
      'protocol options for nobody',
      CLUSTER,
      cluster({ typed_extension_protocol_options: { foo: {} } }),
      ['unknown-extension typed_extension_protocol_options.foo'],
    ],
    [
      'a cluster type that is not compiled in',
      CLUSTER,
      cluster({ cluster_type: { name: 'envoy.clusters.mine' } }),
      ['unknown-extension cluster_type'],
    ],
    [
      'a discovered filter of a type that no filter has',
      LISTENER,
      {
        ...listenerWith({}),
        filter_chains: [
          {
            filters: [
              {
                name: 'x',
                config_discovery: {
                  config_source: { ads: {} },
                  type_urls: ['type.googleapis.com/google.protobuf.Value'],
                },
              },
            ],
          },
        ],
      },
      ['unknown-extension filter_chains[0].filters[0].config_discovery.type_urls[0]'],
    ],
    [
      'a policy list without a known one',
      CLUSTER,
      cluster({
        load_balancing_policy: {
          policies: [
            { typed_extension_config: { name: 'x', typed_config: typed('google.protobuf.Duration', { value: '1s' }) } },
          ],
        },
      }),
      ['unknown-extension load_balancing_policy.policies'],
    ],
    [
      'a TypedStruct with an unknown field and a broken constraint',
      LISTENER,
      listenerWith(
        typed('xds.type.v3.TypedStruct', {
          type_url: `type.googleapis.com/${HCM}`,
          value: { stat_prefix: '', foo: 1, rds: { config_source: { ads: {} } } },
        }),
      ),
      [`constraint ${hcm}.value.stat_prefix`, `unknown-field ${hcm}.value.foo`],
    ],
    [
      'a per-route configuration of no filter',
      ROUTE,
      routeConfig({ typed_per_filter_config: { x: typed('google.protobuf.Duration', { value: '1s' }) } }),
      ['unknown-extension virtual_hosts[0].typed_per_filter_config.x.@type'],
    ],
    [
      'bytes that are no base64',
      CLUSTER,
      cluster({
        health_checks: [
          {
            timeout: '1s',
            interval: '1s',
            unhealthy_threshold: 1,
            healthy_threshold: 1,
            tcp_health_check: { send: { binary: '*' } },
          },
        ],
      }),
      ['bad-bytes health_checks[0].tcp_health_check.send.binary'],
    ],
    [
      'a deprecated field',
      CLUSTER,
      cluster({ http2_protocol_options: {} }),
      ['deprecated-field http2_protocol_options'],
    ],
    [
      'a retired field',
      'envoy.config.route.v3.RateLimit.Action',
      { dynamic_metadata: { descriptor_key: 'a', metadata_key: { key: 'a', path: [{ key: 'b' }] } } },
      ['disallowed-field dynamic_metadata'],
    ],
  ];
  test.each(CASES)('%s', (_, message, json, expected) => {
    expect(brief(message, json).toSorted()).toEqual(expected.toSorted());
  });

  test('all at once, where several are', () => {
    const json = cluster({ name: '', lb_policy: 'X', connect_timeout: '1', foo: 1, transport_socket: {} });
    expect(brief(CLUSTER, json).map((text) => text.split(' ')[0])).toEqual([
      'constraint',
      'bad-duration',
      'unknown-enum-value',
      'unknown-field',
      'constraint',
      'missing-typed-config',
    ]);
  });

  test('a retired field that a runtime key allows is a warning', () => {
    const json = { dynamic_metadata: { descriptor_key: 'a', metadata_key: { key: 'a', path: [{ key: 'b' }] } } };
    const action = 'envoy.config.route.v3.RateLimit.Action';
    const allowedFields = new Set([`${action}.dynamic_metadata`]);
    const { findings } = checkMessage(newestApiSet(), action, json, { at, allowedFields });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([['deprecated-field', 'warning']]);
  });

  test('a name that is nearly right is told', () => {
    expect(found(CLUSTER, cluster({ lb_polcy: 1 }))[0]?.want).toBe('lb_policy');
    expect(found(CLUSTER, cluster({ lbPolcy: 1 }))[0]?.want).toBe('lbPolicy');
  });

  test('a field of a later version says so', () => {
    const json = routeConfig({}, { cookies: [{ name: 'a', string_match: { exact: 'b' } }] });
    expect(brief(ROUTE, json, '1.40')).toEqual([]);
    const [finding] = found(ROUTE, json, '1.36');
    expect(finding?.rule).toBe('unknown-field');
    expect(finding?.want).toMatch(/known from Envoy 1\.3[789] on/);
  });
});
