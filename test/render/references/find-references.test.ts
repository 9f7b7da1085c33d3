import { describe, expect, test } from 'vitest';
import type { StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { referencesOf } from '../../../render/references/find-references.ts';
import { referenceGraph } from '../../../render/references/reference-graph.ts';
import { routeConfigsIn } from '../../../render/references/route-configs.ts';
import type { Resource, ResourceKind } from '../../../render/resource.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';

const of = (kind: ResourceKind, name: string, body: JsonObject): Resource => ({
  kind,
  name,
  body: { name, ...body },
  at: { file: `${kind}.yaml`, line: 1, column: 1 },
});
const any = (message: string, more: JsonObject = {}): JsonObject => ({
  '@type': `type.googleapis.com/${message}`,
  ...more,
});
const told = (resource: Resource): string[] =>
  referencesOf(resource).map(({ to, name, role, whenMissing }) => `${role} ${to} ${name} ${whenMissing}`);

const FILTERS = 'envoy.extensions.filters';
const filter = (config: JsonObject): JsonObject => ({
  filterChains: [{ filters: [{ name: 'f', typedConfig: config }] }],
});
const inFilter = (config: JsonObject): string[] => told(of('listener', 'edge', filter(config)));
const hcm = (more: JsonObject): JsonObject =>
  any(`${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`, more);
const hosts = (route: JsonObject): JsonObject => ({ virtualHosts: [{ name: 'all', routes: [{ match: {}, route }] }] });

describe('what names a cluster', () => {
  test('routes, shares and mirrors: refused inline, taken over RDS unless it is to be validated', () => {
    const route = {
      weightedClusters: { clusters: [{ name: 'a' }, { name: 'b' }, { clusterHeader: 'x-c' }] },
      requestMirrorPolicies: [{ cluster: 'shadow' }],
    };
    const inline = ['weighted-cluster cluster a refused', 'weighted-cluster cluster b refused'];
    expect(inFilter(hcm({ routeConfig: hosts(route) }))).toEqual([...inline, 'mirror cluster shadow fails-requests']);
    expect(told(of('route', 'web', hosts({ cluster: 'a' })))).toEqual(['route cluster a fails-requests']);
    expect(told(of('route', 'web', { ...hosts({ cluster: 'a' }), validateClusters: true }))).toEqual([
      'route cluster a refused',
    ]);
    expect(told(of('route', 'web', hosts({ clusterHeader: 'x-cluster' })))).toEqual([]);
  });

  test('proxies of other protocols', () => {
    expect(inFilter(any(`${FILTERS}.network.tcp_proxy.v3.TcpProxy`, { cluster: 'a' }))).toEqual([
      'tcp-proxy cluster a fails-requests',
    ]);
    const split = { weightedClusters: { clusters: [{ name: 'a', weight: 1 }] } };
    expect(inFilter(any(`${FILTERS}.network.tcp_proxy.v3.TcpProxy`, split))).toEqual([
      'tcp-proxy cluster a fails-requests',
    ]);
    const redis = { prefixRoutes: { catchAllRoute: { cluster: 'r' } } };
    expect(inFilter(any(`${FILTERS}.network.redis_proxy.v3.RedisProxy`, redis))).toEqual([
      'filter cluster r fails-requests',
    ]);
  });

  test('services of filters, also of filters that nobody here knows', () => {
    const grpc = { grpcService: { envoyGrpc: { clusterName: 'authz' } } };
    const http = { server: { httpUri: { uri: 'http://a', cluster: 'keys' } } };
    expect(
      inFilter(hcm({ httpFilters: [{ typedConfig: any('acme.filters.Unheard', { inside: [grpc, http] }) }] })),
    ).toEqual(['grpc-service cluster authz fails-requests', 'http-service cluster keys fails-requests']);
  });

  test('aggregate clusters, and no load assignment', () => {
    const aggregate = any('envoy.extensions.clusters.aggregate.v3.ClusterConfig', { clusters: ['a', 'b'] });
    const body = { clusterType: { typedConfig: aggregate }, loadAssignment: { clusterName: 'c' } };
    expect(told(of('cluster', 'c', body))).toEqual([
      'aggregate cluster a fails-requests',
      'aggregate cluster b fails-requests',
    ]);
  });
});

describe('what is asked of the control plane', () => {
  const ads = { ads: {} };
  const file = { pathConfigSource: { path: '/x.yaml' } };
  test('route configurations, also of scopes', () => {
    expect(inFilter(hcm({ rds: { routeConfigName: 'web', configSource: ads } }))).toEqual(['rds route web waits']);
    expect(inFilter(hcm({ rds: { routeConfigName: 'web', configSource: file } }))).toEqual([]);
    const scopes = [{ name: 's', routeConfigurationName: 'web', key: {} }];
    const scoped = { rdsConfigSource: ads, scopedRouteConfigurationsList: { scopedRouteConfigurations: scopes } };
    expect(inFilter(hcm({ scopedRoutes: scoped }))).toEqual(['scoped-route route web waits']);
  });

  test('endpoints, by the name of the service or of the cluster', () => {
    const eds = (more: JsonObject, source: JsonObject): string[] =>
      told(of('cluster', 'app', { type: 'EDS', edsClusterConfig: { edsConfig: source, ...more } }));
    expect(eds({}, ads)).toEqual(['eds endpoint app waits']);
    expect(eds({ serviceName: 'apps' }, ads)).toEqual(['eds endpoint apps waits']);
    expect(eds({}, file)).toEqual([]);
  });

  test('secrets, over SDS or from the bootstrap', () => {
    const common = (more: JsonObject): JsonObject => ({ tlsCertificateSdsSecretConfigs: [{ name: 'cert', ...more }] });
    const context = (more: JsonObject): string[] =>
      told(of('cluster', 'app', { transportSocket: { typedConfig: { commonTlsContext: common(more) } } }));
    expect(context({ sdsConfig: ads })).toEqual(['sds secret cert waits']);
    expect(context({})).toEqual(['static-secret secret cert refused']);
    expect(context({ sdsConfig: file })).toEqual([]);
  });
});

describe('the graph', () => {
  const snapshot = makeSnapshot('beta' as StageName, [
    of('cluster', 'app', { type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } } }),
    { ...of('endpoint', 'app', { clusterName: 'app' }) },
    of('route', 'web', hosts({ cluster: 'app' })),
    of('listener', 'edge', filter(hcm({ rds: { routeConfigName: 'web', configSource: { ads: {} } } }))),
    of('listener', 'inner', filter(hcm({ routeConfig: hosts({ cluster: 'gone' }) }))),
  ]);
  test('leads from endpoints up to the listener', () => {
    const users = referenceGraph(snapshot).allUsersOf([{ kind: 'endpoint', name: 'app' }]);
    expect(users.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['cluster app', 'route web', 'listener edge']);
  });
  test('knows route configurations of both sorts', () => {
    expect(routeConfigsIn(snapshot).map(({ owner, inline }) => [owner.name, inline])).toEqual([
      ['web', false],
      ['inner', true],
    ]);
  });
});
