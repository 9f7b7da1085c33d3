import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../render/json.ts';
import type { Snapshot } from '../../../../render/snapshot.ts';
import {
  cluster,
  downstreamTls,
  HTTP2,
  hostsAt,
  INSPECT,
  listener,
  managed,
  ROUTER,
  routes,
  snapshotOf,
  to,
  upstreamTls,
} from '../../snapshot-of.ts';
import { runDefaultChecks } from './real-envoy.ts';

const ANY = 'type.googleapis.com/';
const withHeader = (name: string, rest: JsonObject): JsonObject => ({ prefix: '/h', headers: [{ name, ...rest }] });

/** Each route has a cluster of its own: whoever answers says which route took the request. */
const MATCHES: Readonly<Record<string, JsonObject>> = {
  'exact path': { path: '/exact' },
  'exact path, any case': { path: '/CaSe', caseSensitive: false },
  regex: { safeRegex: { regex: '/re/[a-z]{2,4}/(?:x|y)\\d+' } },
  'regex, any case': { safeRegex: { regex: '(?i)/RE/[[:alpha:]]+' } },
  'separated prefix': { pathSeparatedPrefix: '/sep/a' },
  template: {
    pathMatchPolicy: {
      name: 'envoy.path.match.uri_template.uri_template_matcher',
      typedConfig: {
        '@type': `${ANY}envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig`,
        pathTemplate: '/t/{country=*}/{rest=**}',
      },
    },
  },
  method: withHeader(':method', { stringMatch: { exact: 'PUT' } }),
  'another method': { prefix: '/m', headers: [{ name: ':method', stringMatch: { exact: 'GET' }, invertMatch: true }] },
  'exact value': withHeader('x-exact', { stringMatch: { exact: 'v' } }),
  'any case': withHeader('x-case', { stringMatch: { exact: 'VaLuE', ignoreCase: true } }),
  prefix: withHeader('x-prefix', { stringMatch: { prefix: 'p-' } }),
  suffix: withHeader('x-suffix', { stringMatch: { suffix: '-s' } }),
  contains: withHeader('x-contains', { stringMatch: { contains: 'mid' } }),
  'value regex': withHeader('x-regex', { stringMatch: { safeRegex: { regex: '[0-9a-f]{8}' } } }),
  range: withHeader('x-range', { rangeMatch: { start: '-5', end: '5' } }),
  there: withHeader('x-there', { presentMatch: true }),
  'another value': withHeader('x-not', { stringMatch: { exact: 'v' }, invertMatch: true }),
  'two of one name': {
    prefix: '/h',
    headers: [
      { name: 'x-two', stringMatch: { prefix: 'a' } },
      { name: 'x-two', stringMatch: { suffix: 'z' } },
    ],
  },
  query: { prefix: '/q', queryParameters: [{ name: 'a', stringMatch: { safeRegex: { regex: 'v\\d' } } }] },
  'query there': { prefix: '/q', queryParameters: [{ name: 'there', presentMatch: true }] },
  grpc: { prefix: '/', grpc: {} },
  'missing counts as empty': {
    prefix: '/e',
    headers: [{ name: 'x-e', stringMatch: { exact: 'v' }, invertMatch: true, treatMissingHeaderAsEmpty: true }],
  },
  'not there': { prefix: '/n', headers: [{ name: 'x-n', presentMatch: true, invertMatch: true }] },
  'prefix below others': { prefix: '/' },
};

function everyMatcher(): Snapshot {
  const list = Object.entries(MATCHES).map(([name, match], index) => to(match, `c${index}`, { name }));
  return snapshotOf({
    listener: [
      listener('edge', [
        {
          filters: [
            managed(
              { rds: { routeConfigName: 'r', configSource: { ads: {}, resourceApiVersion: 'V3' } } },
              { normalizePath: true, mergeSlashes: true },
            ),
          ],
        },
      ]),
    ],
    route: [
      routes('r', [
        { name: 'main', domains: ['main.test'], routes: list },
        { name: 'suffix', domains: ['*.test'], routes: [to({ prefix: '/' }, 'suffix')] },
        { name: 'longer', domains: ['*.longer.test'], routes: [to({ prefix: '/' }, 'longer')] },
        { name: 'prefix', domains: ['pre.*'], routes: [to({ prefix: '/' }, 'prefix')] },
        { name: 'port', domains: ['port.test:8080'], routes: [to({ prefix: '/' }, 'port')] },
        {
          name: 'rest',
          domains: ['*'],
          routes: [
            { match: { path: '/moved' }, redirect: { hostRedirect: 'x.test', responseCode: 'FOUND' } },
            { match: { path: '/fixed' }, directResponse: { status: 410 } },
            to({ prefix: '/' }, 'rest'),
          ],
        },
      ]),
    ],
    cluster: [
      ...list.map((_, index) => cluster(`c${index}`, index % 2 === 0 ? HTTP2 : {})),
      ...['suffix', 'longer', 'prefix', 'port', 'rest'].map((name) => cluster(name)),
    ],
  });
}

const table = (name: string, more: JsonObject = {}) =>
  managed(
    { routeConfig: { name, virtualHosts: [{ name: 'v', domains: ['*'], routes: [to({ prefix: '/' }, name)] }] } },
    more,
  );
const tcp = (name: string): JsonObject => ({
  name: 'tcp',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
    statPrefix: 't',
    cluster: name,
  },
});

function everyChain(): Snapshot {
  const mutual = downstreamTls(
    { requireClientCertificate: true },
    { validationContext: { trustedCa: { filename: '/etc/ca.pem' } } },
  );
  const eds = {
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' }, serviceName: 'shared' },
  };
  const secured = {
    trustedCa: { filename: '/etc/ca.pem' },
    matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { prefix: 'spiffe://mesh/' } }],
  };
  const log = {
    accessLog: [
      {
        name: 'log',
        typedConfig: {
          '@type': `${ANY}envoy.extensions.access_loggers.file.v3.FileAccessLog`,
          path: '/var/log/nowhere/access.log',
        },
      },
    ],
  };
  const names = ['plain', 'mutual', 'wild', 'other', 'port', 'source', 'rest', 'passed', 'bytes', 'h2'];
  const withoutHosts = (name: string) => ({ name, connectTimeout: '1s', ...eds });
  return snapshotOf({
    listener: [
      listener('http', [{ filters: [table('plain', log)] }]),
      listener('h2', [{ filters: [table('h2', { codecType: 'HTTP2' })] }]),
      listener(
        'tls',
        [
          {
            name: 'mutual',
            filterChainMatch: { serverNames: ['mutual.test'] },
            transportSocket: mutual,
            filters: [table('mutual')],
          },
          {
            name: 'wild',
            filterChainMatch: { serverNames: ['*.test'] },
            transportSocket: downstreamTls({}, { alpnProtocols: ['h2'] }),
            filters: [table('wild')],
          },
          {
            name: 'other',
            transportSocket: downstreamTls(
              {},
              {
                tlsCertificateSdsSecretConfigs: [{ name: 'made', sdsConfig: { ads: {}, resourceApiVersion: 'V3' } }],
                tlsCertificates: [],
              },
            ),
            filters: [table('other')],
          },
          { name: 'passed', filterChainMatch: { serverNames: ['db.internal'] }, filters: [tcp('passed')] },
        ],
        INSPECT,
      ),
      listener(
        'by-address',
        [
          { name: 'port', filterChainMatch: { destinationPort: 8443 }, filters: [table('port')] },
          {
            name: 'source',
            filterChainMatch: { sourcePrefixRanges: [{ addressPrefix: '10.2.0.0', prefixLen: 16 }] },
            filters: [table('source')],
          },
          {
            name: 'secure-port',
            filterChainMatch: { destinationPort: 9443, transportProtocol: 'tls' },
            transportSocket: downstreamTls(),
            filters: [table('rest')],
          },
          { name: 'rest', filters: [table('rest')] },
        ],
        { bindToPort: false, useOriginalDst: true, ...INSPECT },
      ),
      listener('tcp', [{ filters: [tcp('bytes')] }]),
      listener('shared', [
        {
          filters: [
            managed({
              routeConfig: {
                name: 's',
                virtualHosts: [
                  {
                    name: 'v',
                    domains: ['*'],
                    routes: [
                      to({ path: '/one' }, 'one'),
                      to({ path: '/two' }, 'two'),
                      to({ path: '/dns' }, 'dns'),
                      to({ path: '/secured' }, 'secured'),
                      to({ prefix: '/shop.Cart/' }, 'grpc'),
                      to({ prefix: '/' }, 'all'),
                    ],
                  },
                ],
              },
            }),
          ],
        },
      ]),
    ],
    cluster: [
      ...names.map((name) => cluster(name)),
      withoutHosts('one'),
      withoutHosts('two'),
      cluster('dns', {
        type: 'STRICT_DNS',
        dnsLookupFamily: 'V6_ONLY',
        loadAssignment: { clusterName: 'dns', endpoints: hostsAt(['nowhere.invalid', 80]) },
        healthChecks: [
          {
            timeout: '1s',
            interval: '1s',
            unhealthyThreshold: 1,
            healthyThreshold: 1,
            altPort: 9000,
            httpHealthCheck: { path: '/healthz' },
          },
        ],
      }),
      cluster('secured', {
        transportSocket: upstreamTls({ sni: 'secured.test' }, { validationContext: secured }),
        upstreamBindConfig: { sourceAddress: { address: '10.9.9.9', portValue: 0 } },
      }),
      cluster('grpc', {
        ...HTTP2,
        healthChecks: [
          {
            timeout: '1s',
            interval: '1s',
            unhealthyThreshold: 1,
            healthyThreshold: 1,
            grpcHealthCheck: { serviceName: 'shop.Cart' },
          },
        ],
      }),
      {
        name: 'all',
        connectTimeout: '1s',
        lbPolicy: 'CLUSTER_PROVIDED',
        clusterType: {
          name: 'envoy.clusters.aggregate',
          typedConfig: {
            '@type': `${ANY}envoy.extensions.clusters.aggregate.v3.ClusterConfig`,
            clusters: ['dns', 'plain'],
          },
        },
      },
    ],
    endpoint: [{ clusterName: 'shared', endpoints: hostsAt(['10.1.0.1', 80]) }],
  });
}

const FAULT = (numerator: number): JsonObject => ({
  name: 'fault',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.filters.http.fault.v3.HTTPFault`,
    abort: { httpStatus: 418, percentage: { numerator } },
  },
});

function byChance(): Snapshot {
  const share = (numerator: number): JsonObject => ({
    prefix: '/',
    runtimeFraction: { defaultValue: { numerator }, runtimeKey: 'mesh.share' },
  });
  const one = (name: string, list: readonly JsonObject[], manager: JsonObject = {}) =>
    listener(name, [
      {
        filters: [
          managed({ routeConfig: { name, virtualHosts: [{ name: 'v', domains: ['*'], routes: [...list] }] } }, manager),
        ],
      },
    ]);
  return snapshotOf({
    listener: [
      one('share', [to(share(30), 'a'), to({ prefix: '/' }, 'b')]),
      one('abort-some', [to({ prefix: '/' }, 'a')], { httpFilters: [FAULT(60), ROUTER] }),
      one('abort-all', [to({ prefix: '/' }, 'a')], { httpFilters: [FAULT(100), ROUTER] }),
      one('copies', [{ match: { prefix: '/' }, route: { cluster: 'a', requestMirrorPolicies: [{ cluster: 'b' }] } }]),
      one('weights', [
        {
          match: { prefix: '/' },
          route: {
            weightedClusters: {
              clusters: [
                { name: 'a', weight: 1 },
                { name: 'b', weight: 99 },
              ],
            },
          },
        },
      ]),
      one('named', [{ match: { prefix: '/' }, route: { clusterHeader: 'x-cluster' } }]),
    ],
    cluster: [cluster('a'), cluster('b')],
  });
}

const SNAPSHOTS = { 'every matcher': everyMatcher, 'every filter chain': everyChain, 'chance and copies': byChance };

describe.each(['1.36.4', '1.40.0'])('Envoy %s', (version) => {
  test.each(Object.entries(SNAPSHOTS))('%s: what is derived reaches what it is derived for', async (_, snapshot) => {
    const { applied, results } = await runDefaultChecks(version, snapshot());
    expect(applied).toBe('acked');
    const outcomes = results.map(({ name, outcome }) =>
      outcome.kind === 'pass' ? undefined : `${name}: ${JSON.stringify(outcome)}`,
    );
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(5);
  });
});
