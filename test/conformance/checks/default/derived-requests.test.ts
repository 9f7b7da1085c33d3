import { describe, expect, test } from 'vitest';
import { deriveDefaultChecks } from '../../../../conformance/checks/default/derive-default-checks.ts';
import type { JsonObject } from '../../../../render/json.ts';
import { cluster, listener, managed, ROUTER, routes, snapshotOf, to } from '../../snapshot-of.ts';
import { edge, requestOf, summariesOf } from './derived.ts';

const ANY = 'type.googleapis.com/';
const header = (name: string, rest: JsonObject): JsonObject => ({ prefix: '/', headers: [{ name, ...rest }] });
const filter = (name: string, type: string, more: JsonObject = {}): JsonObject => ({
  name,
  typedConfig: { '@type': `${ANY}envoy.extensions.filters.http.${type}`, ...more },
});

describe('a request that fits the match', () => {
  test.each<[string, JsonObject, string]>([
    ['prefix', { prefix: '/api' }, 'GET meshgate.test/api'],
    ['exact path', { path: '/health' }, 'GET meshgate.test/health'],
    ['separated prefix', { pathSeparatedPrefix: '/api/v1' }, 'GET meshgate.test/api/v1'],
    ['regex', { safeRegex: { regex: '/items/\\d+(/.*)?' } }, 'GET meshgate.test/items/0/a'],
    [
      'template',
      {
        pathMatchPolicy: {
          name: 't',
          typedConfig: {
            '@type': `${ANY}envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig`,
            pathTemplate: '/a/{x}/b/**',
          },
        },
      },
      'GET meshgate.test/a/a/b/a/a',
    ],
    ['method', header(':method', { stringMatch: { exact: 'DELETE' } }), 'DELETE meshgate.test/'],
    [
      'any other method',
      header(':method', { stringMatch: { exact: 'GET' }, invertMatch: true }),
      'POST meshgate.test/',
    ],
    ['authority', header(':authority', { stringMatch: { suffix: '.example' } }), 'GET x.example/'],
    ['exact header', header('x-a', { stringMatch: { exact: 'v' } }), 'GET meshgate.test/ {"x-a":"v"}'],
    ['deprecated exact header', header('x-a', { exactMatch: 'v' }), 'GET meshgate.test/ {"x-a":"v"}'],
    [
      'header regex',
      header('x-a', { stringMatch: { safeRegex: { regex: 'v[0-9]{2}' } } }),
      'GET meshgate.test/ {"x-a":"v00"}',
    ],
    ['header range', header('x-a', { rangeMatch: { start: '10', end: '20' } }), 'GET meshgate.test/ {"x-a":"10"}'],
    ['header there', header('x-a', { presentMatch: true }), 'GET meshgate.test/ {"x-a":"meshgate"}'],
    ['header not there', header('x-a', { presentMatch: true, invertMatch: true }), 'GET meshgate.test/'],
    [
      'another value',
      header('x-a', { stringMatch: { exact: 'meshgate' }, invertMatch: true }),
      'GET meshgate.test/ {"x-a":"1"}',
    ],
    [
      'missing is empty',
      header('x-a', { stringMatch: { exact: 'v' }, invertMatch: true, treatMissingHeaderAsEmpty: true }),
      'GET meshgate.test/',
    ],
    [
      'two matchers of one header',
      {
        prefix: '/',
        headers: [
          { name: 'x-a', stringMatch: { prefix: 'p-' } },
          { name: 'x-a', stringMatch: { suffix: '-s' } },
        ],
      },
      'GET meshgate.test/ {"x-a":"p--s"}',
    ],
    [
      'query',
      {
        prefix: '/',
        queryParameters: [
          { name: 'q', stringMatch: { exact: 'v' } },
          { name: 'there', presentMatch: true },
        ],
      },
      'GET meshgate.test/?q=v&there=1',
    ],
    [
      'cookie',
      { prefix: '/', cookies: [{ name: 'c', stringMatch: { exact: 'v' } }] },
      'GET meshgate.test/ {"cookie":"c=v"}',
    ],
    ['grpc', { prefix: '/', grpc: {} }, 'grpc meshgate.test/'],
  ])('%s', (_, match, request) => {
    // A later route takes everything else: only a request that fits gets past it to `a`.
    expect(summariesOf(edge([to(match, 'a'), to({ prefix: '/' }, 'b')]))[0]).toBe(`${request} → a`);
  });

  test('goes around earlier routes where it can', () => {
    expect(summariesOf(edge([to({ path: '/' }, 'a'), to({ prefix: '/api' }, 'b'), to({ prefix: '/' }, 'c')]))).toEqual([
      'GET meshgate.test/ → a',
      'GET meshgate.test/api → b',
      'GET meshgate.test/meshgate → c',
    ]);
  });

  test('does not go where the connection manager would change its path', () => {
    const match = { safeRegex: { regex: '/a/+b' } };
    expect(summariesOf(edge([to(match, 'a')], { mergeSlashes: true }))).toEqual(['GET meshgate.test/a/b → a']);
    expect(summariesOf(edge([to({ path: '/a/../b' }, 'a')], { normalizePath: true }))[0]).toContain('uncheckable');
  });
});

describe('domains', () => {
  const hosts = (...domains: readonly (readonly [string, readonly string[]])[]) =>
    snapshotOf({
      listener: [
        listener('edge', [{ filters: [managed({ rds: { routeConfigName: 'r', configSource: { ads: {} } } })] }]),
      ],
      route: [
        routes(
          'r',
          domains.map(([name, list]) => ({ name, domains: [...list], routes: [to({ prefix: '/' }, name)] })),
        ),
      ],
      cluster: domains.map(([name]) => cluster(name)),
    });

  test('exact before suffix before prefix before all', () => {
    expect(
      summariesOf(
        hosts(
          ['all', ['*']],
          ['suffix', ['*.example']],
          ['longer', ['*.b.example']],
          ['exact', ['a.example']],
          ['prefix', ['a.*']],
          ['port', ['p.example:8080']],
        ),
      ),
    ).toEqual([
      'GET meshgate.test/ → all',
      'GET meshgate.example/ → suffix',
      'GET meshgate.b.example/ → longer',
      'GET a.example/ → exact',
      'GET a.meshgate.test/ → prefix',
      'GET p.example:8080/ → port',
    ]);
  });

  test('a domain that another one takes whole cannot be asked for', () => {
    expect(summariesOf(hosts(['a', ['x.test']], ['b', ['X.test']]))[1]).toMatch(/more specific/);
  });
});

describe('what a route does', () => {
  test.each<[string, JsonObject, string]>([
    [
      'weights',
      {
        weightedClusters: {
          clusters: [
            { name: 'a', weight: 90 },
            { name: 'b', weight: 10 },
            { name: 'c', weight: 0 },
          ],
        },
      },
      'GET meshgate.test/ → a|b',
    ],
    ['a header that names the cluster', { clusterHeader: 'X-Target' }, 'GET meshgate.test/ {"x-target":"a"} → a'],
    ['a cluster that is not there', { cluster: 'nobody' }, 'uncheckable: cluster nobody is not in the snapshot'],
    ['a plugin', { clusterSpecifierPlugin: 'x' }, 'uncheckable: a plugin chooses its cluster'],
  ])('%s', (_, route, summary) => {
    expect(summariesOf(edge([{ match: { prefix: '/' }, route }]))[0]).toBe(summary);
  });

  test.each<[JsonObject, number]>([
    [{ redirect: { hostRedirect: 'x' } }, 301],
    [{ redirect: { responseCode: 'PERMANENT_REDIRECT' } }, 308],
    [{ directResponse: { status: 404 } }, 404],
  ])('%j answers by itself', (action, status) => {
    const [check] = deriveDefaultChecks(edge([{ match: { prefix: '/' }, ...action }]));
    expect(check).toMatchObject({ expect: { answeredBy: [], status: [{ from: status, to: status }] } });
  });

  test('only whole copies are expected', () => {
    const policies = [{ cluster: 'b' }, { cluster: 'c', runtimeFraction: { defaultValue: { numerator: 50 } } }];
    const [check] = deriveDefaultChecks(
      edge([{ match: { prefix: '/' }, route: { cluster: 'a', requestMirrorPolicies: policies } }]),
    );
    expect(check).toMatchObject({ expect: { answeredBy: ['a'], mirroredTo: ['b'] } });
  });

  test('an aggregate is answered by its members; a cluster without hosts cannot be asked', () => {
    const aggregate = {
      name: 'all',
      clusterType: {
        name: 'envoy.clusters.aggregate',
        typedConfig: { '@type': `${ANY}envoy.extensions.clusters.aggregate.v3.ClusterConfig`, clusters: ['a', 'b'] },
      },
    };
    const empty = { name: 'empty', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } } };
    const snapshot = edge(
      [to({ path: '/all' }, 'all'), to({ path: '/empty' }, 'empty')],
      {},
      { cluster: [cluster('a'), cluster('b'), aggregate, empty] },
    );
    expect(summariesOf(snapshot)).toEqual(['GET meshgate.test/all → a|b', 'uncheckable: cluster empty has no hosts']);
  });
});

describe('chance is no alarm', () => {
  const sometimes = (numerator: number): JsonObject => ({
    prefix: '/',
    runtimeFraction: { defaultValue: { numerator }, runtimeKey: 'canary' },
  });
  const runtime = (value: number) => ({ runtime: [{ name: 'rtds', layer: { canary: value } }] });

  test('a share of requests may land on the route or on the next one', () => {
    const [first, second] = deriveDefaultChecks(edge([to(sometimes(10), 'a'), to({ prefix: '/' }, 'b')]));
    expect(first).toMatchObject({ expect: { answeredBy: ['a', 'b'] } });
    expect(second).toMatchObject({ expect: { answeredBy: ['a', 'b'] } });
  });

  test('runtime values count: never is never, always is always', () => {
    expect(
      summariesOf(
        edge(
          [to(sometimes(10), 'a'), to({ prefix: '/' }, 'b')],
          {},
          { ...runtime(0), cluster: [cluster('a'), cluster('b')] },
        ),
      ),
    ).toEqual(['uncheckable: its runtime fraction is 0', 'GET meshgate.test/ → b']);
    expect(
      summariesOf(
        edge(
          [to(sometimes(10), 'a'), to({ prefix: '/' }, 'b')],
          {},
          { ...runtime(100), cluster: [cluster('a'), cluster('b')] },
        ),
      )[1],
    ).toMatch(/shadowed/);
  });

  const fault = (abort: JsonObject, more: JsonObject = {}) => ({
    httpFilters: [filter('fault', 'fault.v3.HTTPFault', { abort, ...more }), ROUTER],
  });

  test('an abort of all requests is what is expected', () => {
    const [check] = deriveDefaultChecks(
      edge([to({ prefix: '/' }, 'a')], fault({ httpStatus: 418, percentage: { numerator: 100 } })),
    );
    expect(check).toMatchObject({ expect: { answeredBy: [], status: [{ from: 418, to: 418 }] } });
  });

  test('an abort of some is tried again, and no failure', () => {
    const check = requestOf(
      deriveDefaultChecks(edge([to({ prefix: '/' }, 'a')], fault({ httpStatus: 418, percentage: { numerator: 50 } }))),
      'default:edge/site/prefix /',
    );
    expect(check.mayAnswerLocally).toContain('50 %');
    expect(check.repeat).toBe(10);
  });

  test('a delay makes the time limit longer', () => {
    const delay = { delay: { fixedDelay: '2s', percentage: { numerator: 100 } } };
    const check = requestOf(
      deriveDefaultChecks(
        edge([to({ prefix: '/' }, 'a')], { httpFilters: [filter('fault', 'fault.v3.HTTPFault', delay), ROUTER] }),
      ),
      'default:edge/site/prefix /',
    );
    expect(check.request.timeoutMs).toBe(7_000);
  });
});
