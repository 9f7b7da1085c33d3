import { describe, expect, test } from 'vitest';
import { apiSetOf, newestApiSet } from '../../../render/api/api-set.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import type { JsonObject } from '../../../render/json.ts';
import { at, HCM, listenerWith, ROUTER, routeConfig, typed } from './messages.ts';

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const LISTENER = 'envoy.config.listener.v3.Listener';
const ROUTE = 'envoy.config.route.v3.RouteConfiguration';

const found = (message: string, json: JsonObject, minor = newestApiSet().minor) =>
  checkMessage(apiSetOf(minor), message, json, { at }).findings;
const brief = (message: string, json: JsonObject, minor?: string) =>
  found(message, json, minor).map(({ rule, path }) => `${rule} ${path}`);

describe('what Envoy reads although it looks odd', () => {
  const LENIENT: readonly (readonly [name: string, written: JsonObject, canonical: JsonObject])[] = [
    ['a lower-case enum', { lb_policy: 'least_request' }, { lbPolicy: 'LEAST_REQUEST' }],
    ['an enum by number', { lb_policy: 1 }, { lbPolicy: 'LEAST_REQUEST' }],
    ['an enum by quoted number', { lb_policy: '1' }, { lbPolicy: 'LEAST_REQUEST' }],
    ['a number in quotes', { per_connection_buffer_limit_bytes: '5' }, { perConnectionBufferLimitBytes: 5 }],
    ['a whole float', { per_connection_buffer_limit_bytes: 5.0 }, { perConnectionBufferLimitBytes: 5 }],
    [
      'a wrapper written out',
      { per_connection_buffer_limit_bytes: { value: 5 } },
      { perConnectionBufferLimitBytes: 5 },
    ],
    ['a duration written out', { connect_timeout: { seconds: '1', nanos: 500000000 } }, { connectTimeout: '1.500s' }],
    ['a word for true', { ignore_health_on_host_removal: 'yes' }, { ignoreHealthOnHostRemoval: true }],
    ['null', { lb_policy: null, circuit_breakers: null, cluster_type: null }, {}],
    [
      'one item without its list',
      {
        health_checks: {
          timeout: '1s',
          interval: '1s',
          unhealthy_threshold: 1,
          healthy_threshold: 1,
          tcp_health_check: {},
        },
      },
      {
        healthChecks: [
          { timeout: '1s', interval: '1s', unhealthyThreshold: 1, healthyThreshold: 1, tcpHealthCheck: {} },
        ],
      },
    ],
    [
      'null in a struct',
      { metadata: { filter_metadata: { b: { x: null }, a: {} } } },
      { metadata: { filterMetadata: { a: {}, b: { x: null } } } },
    ],
    [
      'a typed value under `value`',
      { metadata: { typed_filter_metadata: { a: typed('google.protobuf.Duration', { value: '3.0s' }) } } },
      { metadata: { typedFilterMetadata: { a: typed('google.protobuf.Duration', { value: '3s' }) } } },
    ],
    [
      'a policy list with one known',
      {
        load_balancing_policy: {
          policies: [
            { typed_extension_config: { name: 'x', typed_config: typed('google.protobuf.Empty') } },
            {
              typed_extension_config: {
                name: 'y',
                typed_config: typed('envoy.extensions.load_balancing_policies.random.v3.Random'),
              },
            },
          ],
        },
      },
      {
        loadBalancingPolicy: {
          policies: [
            { typedExtensionConfig: { name: 'x', typedConfig: typed('google.protobuf.Empty') } },
            {
              typedExtensionConfig: {
                name: 'y',
                typedConfig: typed('envoy.extensions.load_balancing_policies.random.v3.Random'),
              },
            },
          ],
        },
      },
    ],
  ];
  test.each(LENIENT)('%s', (_, written, canonical) => {
    const { body, findings } = checkMessage(newestApiSet(), CLUSTER, { name: 'c', ...written }, { at });
    expect(findings).toEqual([]);
    expect(body).toEqual({ name: 'c', ...canonical });
  });

  test('optional filters may be unknown, switched-off per-route configurations too', () => {
    const unknown = typed('google.protobuf.Duration', { value: '1s' });
    const router = { name: 'r', typed_config: typed(ROUTER) };
    const filters = [{ name: 'x', is_optional: true, typed_config: unknown }, { name: 'y', is_optional: true }, router];
    expect(
      brief(
        LISTENER,
        listenerWith(typed(HCM, { stat_prefix: 'x', rds: { config_source: { ads: {} } }, http_filters: filters })),
      ),
    ).toEqual([]);
    const off = typed('envoy.config.route.v3.FilterConfig', { disabled: true, config: unknown });
    const wrong = typed('envoy.config.route.v3.FilterConfig', { config: unknown });
    expect(brief(ROUTE, routeConfig({ typed_per_filter_config: { a: off, b: wrong } }))).toEqual([
      'unknown-extension virtual_hosts[0].typed_per_filter_config.b.config.@type',
    ]);
  });
});
