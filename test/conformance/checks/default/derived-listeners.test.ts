import { describe, expect, test } from 'vitest';
import { deriveDefaultChecks } from '../../../../conformance/checks/default/derive-default-checks.ts';
import type { JsonObject } from '../../../../render/json.ts';
import {
  cluster,
  downstreamTls,
  HTTP2,
  INSPECT,
  listener,
  managed,
  ROUTER,
  routes,
  snapshotOf,
  to,
} from '../../snapshot-of.ts';
import { edge, reasonOf, requestOf, summariesOf } from './derived.ts';

const ANY = 'type.googleapis.com/';
const filter = (name: string, type: string, more: JsonObject = {}): JsonObject => ({
  name,
  typedConfig: { '@type': `${ANY}envoy.extensions.filters.http.${type}`, ...more },
});

describe('filters before the router', () => {
  const withFilter = (one: JsonObject, route: JsonObject = {}) =>
    deriveDefaultChecks(edge([to({ prefix: '/' }, 'a', route)], { httpFilters: [one, ROUTER] }));
  const name = 'default:edge/site/prefix /';
  const JWT = filter('jwt', 'jwt_authn.v3.JwtAuthentication', {
    providers: { p: { issuer: 'x' } },
    rules: [
      { match: { prefix: '/open' } },
      {
        match: { prefix: '/maybe' },
        requires: { requiresAny: { requirements: [{ providerName: 'p' }, { allowMissing: {} }] } },
      },
      { match: { prefix: '/' }, requires: { providerName: 'p' } },
    ],
  });

  test.each(['cors.v3.Cors', 'ext_authz.v3.ExtAuthz', 'ratelimit.v3.RateLimit', 'buffer.v3.Buffer'])(
    '%s lets a check through',
    (type) => {
      expect(requestOf(withFilter(filter('f', type)), name).mayAnswerLocally).toBeUndefined();
    },
  );

  test.each(['basic_auth.v3.BasicAuth', 'oauth2.v3.OAuth2', 'api_key_auth.v3.ApiKeyAuth'])(
    '%s turns everybody away',
    (type) => {
      expect(reasonOf(withFilter(filter('f', type)), name)).toContain('filter f');
    },
  );

  test('a filter whose service has no hosts fails closed, or open', () => {
    const grpcService = { envoyGrpc: { clusterName: 'nobody' } };
    const authz = (failureModeAllow: boolean) =>
      withFilter(filter('f', 'ext_authz.v3.ExtAuthz', { grpcService, failureModeAllow }));
    expect(reasonOf(authz(false), name)).toBe('filter f gets no answer: cluster nobody is not in the snapshot');
    expect(requestOf(authz(true), name).mayAnswerLocally).toBeUndefined();
  });

  test('a filter that a route disables is not there', () => {
    const off = {
      typedPerFilterConfig: { f: { '@type': `${ANY}envoy.config.route.v3.FilterConfig`, disabled: true } },
    };
    expect(requestOf(withFilter(filter('f', 'basic_auth.v3.BasicAuth'), off), name).expect.answeredBy).toEqual(['a']);
    expect(
      requestOf(withFilter({ ...filter('f', 'basic_auth.v3.BasicAuth'), disabled: true }), name).expect.answeredBy,
    ).toEqual(['a']);
  });

  test.each(['lua.v3.Lua', 'wasm.v3.Wasm', 'local_ratelimit.v3.LocalRateLimit', 'golang.v3alpha.Config'])(
    '%s may answer by itself',
    (type) => {
      expect(requestOf(withFilter(filter('f', type)), name).mayAnswerLocally).toBe('filter f may answer by itself');
    },
  );

  test.each<[string, string | undefined]>([
    ['/open', undefined],
    ['/maybe', undefined],
    ['/closed', 'filter jwt wants a token that a check does not have'],
  ])('JWT on %s', (path, reason) => {
    const checks = deriveDefaultChecks(edge([to({ path }, 'a')], { httpFilters: [JWT, ROUTER] }));
    expect(reasonOf(checks, `default:edge/site/path ${path}`)).toBe(reason);
  });

  test.each<[string, JsonObject, boolean]>([
    [
      'allows everybody',
      { rules: { policies: { p: { permissions: [{ any: true }], principals: [{ any: true }] } } } },
      true,
    ],
    [
      'allows some',
      { rules: { policies: { p: { permissions: [{ any: true }], principals: [{ authenticated: {} }] } } } },
      false,
    ],
    [
      'denies some',
      { rules: { action: 'DENY', policies: { p: { permissions: [{ any: true }], principals: [{ any: true }] } } } },
      false,
    ],
    ['only logs', { rules: { action: 'LOG', policies: {} } }, true],
  ])('RBAC that %s', (_, rules, sure) => {
    expect(requestOf(withFilter(filter('f', 'rbac.v3.RBAC', rules)), name).mayAnswerLocally === undefined).toBe(sure);
  });
});

describe('gRPC', () => {
  const grpcEdge = (match: JsonObject, more: JsonObject = HTTP2) =>
    deriveDefaultChecks(
      edge([to(match, 'a'), to({ prefix: '/' }, 'b')], {}, { cluster: [cluster('a', more), cluster('b')] }),
    );

  test('a path that names a service is called too, its own method where the health service does not lead there', () => {
    expect(
      requestOf(grpcEdge({ prefix: '/shop.Cart/' }), 'default:edge/site/prefix /shop.Cart//grpc').request,
    ).toMatchObject({ path: '/shop.Cart/Check', protocol: 'h2', method: 'POST' });
  });

  test('a catch-all to a cluster with gRPC health checks is asked for its health', () => {
    const healthChecks = [{ grpcHealthCheck: {} }];
    const check = requestOf(grpcEdge({ prefix: '/' }, { ...HTTP2, healthChecks }), 'default:edge/site/prefix //grpc');
    expect(check).toMatchObject({
      request: { path: '/grpc.health.v1.Health/Check' },
      expect: { grpcStatus: 0, answeredBy: ['a'] },
    });
  });

  test('a cluster that speaks HTTP/1.1 to its hosts is not called', () => {
    expect(grpcEdge({ prefix: '/shop.Cart/' }, {}).map(({ name }) => name)).not.toContain(
      'default:edge/site/prefix /shop.Cart//grpc',
    );
  });
});

describe('listeners', () => {
  const table = (name: string) =>
    managed({
      routeConfig: { name, virtualHosts: [{ name: 'v', domains: ['*'], routes: [to({ prefix: '/' }, name)] }] },
    });
  const clusters = { cluster: [cluster('a'), cluster('b'), cluster('c')] };

  test('TLS chains are told apart by server name, and asked for with a certificate where they want one', () => {
    const chains = [
      {
        name: 'x',
        filterChainMatch: { serverNames: ['a.test'] },
        transportSocket: downstreamTls({ requireClientCertificate: true }),
        filters: [table('a')],
      },
      {
        name: 'y',
        filterChainMatch: { serverNames: ['*.test'] },
        transportSocket: downstreamTls(),
        filters: [table('b')],
      },
    ];
    const checks = deriveDefaultChecks(snapshotOf({ listener: [listener('l', chains, INSPECT)], ...clusters }));
    expect(checks.map((check) => check.kind === 'request' && [check.name, check.request.tls])).toEqual([
      ['default:l/x/v/prefix /', { serverName: 'a.test', clientCertificate: true }],
      ['default:l/y/v/prefix /', { serverName: 'meshgate.test' }],
    ]);
  });

  test('a server name is not seen without the TLS inspector', () => {
    const chains = [
      { filterChainMatch: { serverNames: ['a.test'] }, transportSocket: downstreamTls(), filters: [table('a')] },
    ];
    expect(summariesOf(snapshotOf({ listener: [listener('l', chains)], ...clusters }))[0]).toContain('tls_inspector');
  });

  test('what no client can speak is said', () => {
    const udp = { socketAddress: { protocol: 'UDP', address: '0.0.0.0', portValue: 1 } };
    expect(
      summariesOf(
        snapshotOf({ listener: [listener('l', [{ filters: [table('a')] }], { address: udp })], ...clusters }),
      ),
    ).toEqual(['uncheckable: the listener takes UDP']);
    const redis = {
      name: 'r',
      typedConfig: { '@type': `${ANY}envoy.extensions.filters.network.redis_proxy.v3.RedisProxy` },
    };
    expect(summariesOf(snapshotOf({ listener: [listener('l', [{ filters: [redis] }])] }))[0]).toContain('redis_proxy');
  });

  test('TCP proxies are asked to pass bytes, through TLS that is not theirs too', () => {
    const proxy = {
      name: 't',
      typedConfig: {
        '@type': `${ANY}envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
        statPrefix: 't',
        cluster: 'a',
      },
    };
    const checks = deriveDefaultChecks(
      snapshotOf({
        listener: [listener('l', [{ filterChainMatch: { serverNames: ['db.test'] }, filters: [proxy] }], INSPECT)],
        ...clusters,
      }),
    );
    expect(checks[0]).toMatchObject({
      kind: 'tcp',
      name: 'default:l/tcp',
      answeredBy: ['a'],
      tls: { serverName: 'db.test' },
    });
  });

  test('scopes are selected by the headers that they are keyed by', () => {
    const scoped = {
      name: 's',
      scopeKeyBuilder: {
        fragments: [
          { headerValueExtractor: { name: 'x-scope', elementSeparator: ';', element: { separator: '=', key: 'vip' } } },
        ],
      },
      scopedRouteConfigurationsList: {
        scopedRouteConfigurations: [
          { name: 'one', routeConfigurationName: 'r', key: { fragments: [{ stringKey: '10.0.0.1' }] } },
        ],
      },
    };
    const route = [routes('r', [{ name: 'v', domains: ['*'], routes: [to({ prefix: '/' }, 'a')] }])];
    expect(
      summariesOf(
        snapshotOf({
          listener: [listener('l', [{ filters: [managed({ scopedRoutes: scoped })] }])],
          route,
          ...clusters,
        }),
      ),
    ).toEqual(['GET meshgate.test/ {"x-scope":"vip=10.0.0.1"} → a']);
  });
});

test('health-checked clusters with hosts are waited for', () => {
  const health = { healthChecks: [{ httpHealthCheck: { path: '/' } }] };
  const redis = { healthChecks: [{ customHealthCheck: { name: 'envoy.health_checkers.redis' } }] };
  const checks = deriveDefaultChecks(
    snapshotOf({ cluster: [cluster('a', health), cluster('b'), cluster('c', redis)] }),
  );
  expect(checks.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'cluster-health default:cluster a is healthy',
    'uncheckable default:cluster c is healthy',
  ]);
});

test('names are unique and the whole is the same each time', () => {
  const same = [to({ prefix: '/a' }, 'a'), to({ prefix: '/a', headers: [{ name: 'x', presentMatch: true }] }, 'b')];
  const snapshot = edge(same);
  const names = deriveDefaultChecks(snapshot).map(({ name }) => name);
  expect(names).toEqual(['default:edge/site/prefix /a', 'default:edge/site/prefix /a (2)']);
  expect(deriveDefaultChecks(snapshot)).toEqual(deriveDefaultChecks(snapshot));
});
