import { describe, expect, test } from 'vitest';
import { newestApiSet } from '../../../render/api/api-set.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import { rangeProblems } from '../../../render/api/constraints/range-rules.ts';
import { bytesProblems, stringProblems } from '../../../render/api/constraints/string-rules.ts';
import type { JsonObject } from '../../../render/json.ts';
import { at, cluster, routeConfig } from './messages.ts';

const problems = (message: string, json: JsonObject) =>
  checkMessage(newestApiSet(), message, json, { at })
    .findings.filter(({ rule }) => rule === 'constraint')
    .map(({ saw, want }) => `${saw} -> ${want}`);

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const ROUTE = 'envoy.config.route.v3.RouteConfiguration';

describe("the API's own constraints", () => {
  const header = (key: string, value: string): JsonObject => ({
    response_headers_to_add: [{ header: { key, value } }],
  });
  const check = { timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} };
  const CASES: readonly (readonly [kind: string, message: string, json: JsonObject, expected: readonly string[]])[] = [
    ['min_len', CLUSTER, cluster({ name: '' }), ['name: "" -> at least 1 character']],
    ['min_len of what is not there', CLUSTER, {}, ['name: not given -> at least 1 character']],
    ['header name', ROUTE, routeConfig(header('a\nb', 'x')), [expect.stringContaining('without NUL and line breaks')]],
    ['header value', ROUTE, routeConfig(header('a', 'x\ny')), [expect.stringContaining('.header.value: "x\\ny" -> ')]],
    [
      'repeated min_items',
      ROUTE,
      routeConfig({ domains: [] }),
      ['virtual_hosts[0].domains: 0 items -> at least 1 item'],
    ],
    [
      'repeated min_items of what is not there',
      ROUTE,
      { name: 'r', virtual_hosts: [{ name: 'v' }] },
      ['virtual_hosts[0].domains: 0 items -> at least 1 item'],
    ],
    [
      'items',
      ROUTE,
      routeConfig({ domains: ['a', 'x\ny'] }),
      [expect.stringContaining('virtual_hosts[0].domains[1]: ')],
    ],
    [
      'uint32 lte',
      CLUSTER,
      cluster({
        load_assignment: {
          cluster_name: 'c',
          endpoints: [
            { lb_endpoints: [{ endpoint: { address: { socket_address: { address: 'a', port_value: 65536 } } } }] },
          ],
        },
      }),
      [expect.stringContaining('65536 -> at most 65535')],
    ],
    [
      'wrapper',
      CLUSTER,
      cluster({ outlier_detection: { max_ejection_percent: 101 } }),
      ['outlier_detection.max_ejection_percent: 101 -> at most 100'],
    ],
    [
      'double',
      CLUSTER,
      cluster({ common_lb_config: { healthy_panic_threshold: { value: 101 } } }),
      ['common_lb_config.healthy_panic_threshold.value: 101 -> at least 0 and at most 100'],
    ],
    ['duration gt', CLUSTER, cluster({ connect_timeout: '0s' }), ['connect_timeout: "0s" -> more than 0s']],
    [
      'duration required',
      CLUSTER,
      cluster({ health_checks: [{ ...check, timeout: null }] }),
      ['health_checks[0].timeout: nothing -> a value, it is required'],
    ],
    [
      'message required',
      CLUSTER,
      cluster({ health_checks: [{ ...check, healthy_threshold: null }] }),
      ['health_checks[0].healthy_threshold: nothing -> a value, it is required'],
    ],
    [
      'enum defined_only',
      CLUSTER,
      cluster({ dns_lookup_family: 99 }),
      [expect.stringContaining('dns_lookup_family: 99 -> one of AUTO')],
    ],
    [
      'oneof required',
      ROUTE,
      { name: 'r', virtual_hosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' } }] }] },
      [expect.stringContaining('virtual_hosts[0].routes[0]: none of route, ')],
    ],
    ['bool const', 'envoy.config.rbac.v3.Permission', { any: false }, ['any: false -> true']],
    ['ignore_empty, empty', 'envoy.config.route.v3.RateLimit.HitsAddend', { format: '' }, []],
    [
      'prefix and suffix',
      'envoy.config.route.v3.RateLimit.HitsAddend',
      { format: 'x' },
      ['format: "x" -> text that starts with "%"', 'format: "x" -> text that ends with "%"'],
    ],
    [
      'any required',
      CLUSTER,
      cluster({ upstream_config: { name: 'x' } }),
      ['upstream_config.typed_config: nothing -> a value, it is required'],
    ],
  ];
  test.each(CASES)('%s', (_, message, json, expected) => {
    expect(problems(message, json)).toEqual(expected);
  });
});

describe('rules as such', () => {
  test.each<readonly [object, string, readonly string[]]>([
    [{ len: 2n }, 'é', ['exactly 2 characters']],
    [{ minLen: 1n, maxLen: 1n }, '😀', []],
    [{ minBytes: 3n }, 'é', ['at least 3 bytes']],
    [{ maxBytes: 1n }, 'é', ['at most 1 byte']],
    [{ prefix: '/' }, 'a', ['text that starts with "/"']],
    [{ suffix: '/' }, 'a', ['text that ends with "/"']],
    [{ contains: 'b' }, 'a', ['text that contains "b"']],
    [{ notContains: 'a' }, 'a', ['text without "a"']],
    [{ in: ['x', 'y'] }, 'a', ['one of x, y']],
    [{ notIn: ['a'] }, 'a', ['none of a']],
    [{ const: 'x' }, 'a', ['"x"']],
    [{ pattern: '^[a-z]+$' }, 'A1', ['text that matches ^[a-z]+$']],
    [{ pattern: '(?i)^[a-z]+$' }, 'AB', []],
    [{ minLen: 5n, ignoreEmpty: true }, '', []],
    [{ wellKnown: { case: 'ip', value: true } }, '1.2.3', ['an IP address']],
    [{ wellKnown: { case: 'address', value: true } }, 'a.b', []],
    [{ wellKnown: { case: 'hostname', value: true } }, '-a', ['a host name']],
    [{ wellKnown: { case: 'uri', value: true } }, 'a/b', ['a URI with its scheme']],
    [{ wellKnown: { case: 'wellKnownRegex', value: 2 }, strict: false }, 'a\u0001', []],
    [{ wellKnown: { case: 'wellKnownRegex', value: 2 } }, 'a\u0001', ['a header value: no control characters but tab']],
  ])('text %o on %j', (rules, text, expected) => {
    expect(stringProblems(rules as never, text)).toEqual(expected);
  });

  test.each<readonly [object, number | bigint, readonly string[]]>([
    [{ gt: 1, lt: 3 }, 3, ['more than 1 and less than 3']],
    [{ gte: 1, lte: 3 }, 3, []],
    [{ lt: 1, gt: 3 }, 2, ['less than 1 or more than 3']],
    [{ lt: 1, gt: 3 }, 4, []],
    [{ in: [1, 2] }, 3, ['one of 1, 2']],
    [{ notIn: [3n] }, 3n, ['none of 3']],
    [{ const: 4n }, 3n, ['4']],
    [{ gt: 5, ignoreEmpty: true }, 0, []],
    [{ gte: { seconds: 0n, nanos: 1_000_000 } }, 999_999n, ['at least 0.001s']],
  ])('number %o on %s', (rules, value, expected) => {
    expect(rangeProblems(rules as never, value)).toEqual(expected);
  });

  test('bytes are counted decoded', () => {
    expect(bytesProblems({ minLen: 4n } as never, 'YWJj')).toEqual(['at least 4 bytes']);
    expect(bytesProblems({ maxLen: 3n } as never, 'YWJj')).toEqual([]);
  });
});
