import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blastRadius } from '../../../render/diff/blast-radius.ts';
import { renderDiff } from '../../../render/diff/render-diff.ts';
import { diffSnapshots, isEmptyDiff } from '../../../render/diff/snapshot-diff.ts';
import type { StageName } from '../../../render/ids.ts';
import type { JsonObject, JsonValue } from '../../../render/json.ts';
import type { Resource, ResourceKind } from '../../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';

const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const resource = (kind: ResourceKind, name: string, body: JsonObject, line = 1): Resource => {
  const key = kind === 'endpoint' ? 'clusterName' : 'name';
  return { kind, name, body: { [key]: name, ...body }, at: { file: `${kind}s.yaml`, line, column: 1 } };
};
const host = (address: string): JsonObject => ({
  endpoint: { address: { socketAddress: { address, portValue: 80 } } },
});
const filter = (name: string): JsonObject => ({ name, typedConfig: { '@type': `type.googleapis.com/${name}` } });
const route = (prefix: string, cluster: string): JsonObject => ({ match: { prefix }, route: { cluster } });

const listener = (name: string, rds: string, filters = ['cors', 'fault', 'router']): Resource =>
  resource('listener', name, {
    filterChains: [
      {
        filters: [
          {
            name: 'hcm',
            typedConfig: {
              '@type': HCM,
              rds: { routeConfigName: rds, configSource: { ads: {} } },
              httpFilters: filters.map(filter),
            },
          },
        ],
      },
    ],
  });
const cluster = (name: string, more: JsonObject = {}): Resource =>
  resource('cluster', name, {
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {} } },
    connectTimeout: '1s',
    ...more,
  });
const endpoints = (name: string, ...hosts: string[]): Resource =>
  resource('endpoint', name, { endpoints: [{ lbEndpoints: hosts.map(host) }] });
const web = (routes: JsonObject[]): Resource =>
  resource('route', 'web', {
    virtualHosts: [
      { name: 'shop', domains: ['shop.example', 'www.shop.example'], routes },
      { name: 'admin', domains: ['admin.example'], routes: [route('/', 'admin')] },
    ],
  });
const SHOP = [route('/cart', 'cart'), route('/', 'front')];
const REST = [
  listener('edge', 'web'),
  listener('inner', 'other'),
  resource('route', 'other', { virtualHosts: [{ name: 'all', domains: ['*'], routes: [route('/', 'admin')] }] }),
  cluster('cart'),
  cluster('front'),
  cluster('admin'),
  endpoints('cart', '10.0.0.1', '10.0.0.2'),
  endpoints('front', '10.0.1.1'),
  endpoints('admin', '10.0.2.1'),
];
const snapshot = (...resources: Resource[]): Snapshot => {
  const named = new Map([...REST, web(SHOP), ...resources].map((one) => [`${one.kind} ${one.name}`, one]));
  return makeSnapshot('beta' as StageName, [...named.values()]);
};
const BEFORE = snapshot();
const lines = (after: Snapshot): string[] => renderDiff(diffSnapshots(BEFORE, after)).trimEnd().split('\n');
const reached = (after: Snapshot): string => blastRadius(BEFORE, after, diffSnapshots(BEFORE, after)).line;

describe('the semantic diff', () => {
  test('names a changed field with its old and new value, and its place', () => {
    expect(lines(snapshot(cluster('cart', { connectTimeout: '0.250s' })))).toEqual([
      '~ cluster cart',
      '    ~ connect_timeout: 1s → 0.250s  (clusters.yaml:1:1)',
    ]);
  });

  test('names hosts that come and go, in whatever order they stand', () => {
    expect(lines(snapshot(endpoints('cart', '10.0.0.3', '10.0.0.2')))).toEqual([
      '~ endpoint cart',
      '    - host 10.0.0.1:80 (no locality, priority 0)  (was endpoints.yaml:1:1)',
      '    + host 10.0.0.3:80 (no locality, priority 0)  (endpoints.yaml:1:1)',
    ]);
    expect(isEmptyDiff(diffSnapshots(BEFORE, snapshot(endpoints('cart', '10.0.0.2', '10.0.0.1'))))).toBe(true);
  });

  test('tells a weight by the cluster that it is for', () => {
    const split = (a: number, b: number): Resource => {
      const clusters = [
        { name: 'cart', weight: a },
        { name: 'front', weight: b },
      ];
      return web([{ name: 'cart', match: { prefix: '/cart' }, route: { weightedClusters: { clusters } } }]);
    };
    const diff = diffSnapshots(snapshot(split(90, 10)), snapshot(split(80, 20)));
    expect(diff.changed[0]?.fields.map(({ field, before, after }) => [field, before, after])).toEqual([
      ['virtual_hosts[shop].routes[cart].route.weighted_clusters.clusters[cart].weight', 90, 80],
      ['virtual_hosts[shop].routes[cart].route.weighted_clusters.clusters[front].weight', 10, 20],
    ]);
  });

  test('tells routes and filters that were moved, since their order counts', () => {
    expect(lines(snapshot(web(SHOP.toReversed())))).toEqual([
      '~ route web',
      expect.stringMatching(/^ {4}↕ virtual_hosts\[shop\]\.routes\[prefix \/(cart)?\] moved from \d to \d {2}/),
    ]);
    const moved = lines(snapshot(listener('edge', 'web', ['fault', 'router', 'cors'])));
    expect(moved).toHaveLength(2);
    expect(moved[1]).toContain('http_filters[cors] moved from 1 to 3');
  });

  test('tells a filter that was taken out by its name', () => {
    expect(lines(snapshot(listener('edge', 'web', ['cors', 'router'])))[1]).toMatch(/^ {4}- .*http_filters\[fault\]/);
  });

  test('tells whole resources that come and go', () => {
    const after = makeSnapshot('beta' as StageName, [
      ...BEFORE.resources.filter(({ name }) => name !== 'front'),
      cluster('new'),
    ]);
    expect(lines(after)).toEqual([
      '- cluster front  (clusters.yaml:1:1)',
      '- endpoint front  (endpoints.yaml:1:1)',
      '+ cluster new  (clusters.yaml:1:1)',
    ]);
  });

  test('takes another type of configuration as one change', () => {
    const config = (type: string): Resource =>
      cluster('cart', { transportSocket: { typedConfig: { '@type': type, a: 1 } } });
    const { changed } = diffSnapshots(snapshot(config('x/a.A')), snapshot(config('x/a.B')));
    expect(changed[0]?.fields).toMatchObject([{ kind: 'changed', field: 'transport_socket.typed_config' }]);
  });

  test('colours only when asked to', () => {
    const diff = diffSnapshots(BEFORE, snapshot(cluster('new')));
    expect(renderDiff(diff)).not.toContain('\u001b');
    expect(renderDiff(diff, { colour: true })).toContain('\u001b[32m+ cluster new');
  });
});

describe('what is no change', () => {
  const shuffled = (value: JsonValue, order: () => number): JsonValue => {
    if (Array.isArray(value)) return value.map((one) => shuffled(one, order));
    if (typeof value !== 'object' || value === null) return value;
    const keys = Object.keys(value).sort(() => order() - 0.5);
    return Object.fromEntries(keys.map((key) => [key, shuffled(value[key] ?? null, order)]));
  };
  test('the order of keys, of resources, of hosts, domains and virtual hosts; the same text each time', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
        const order = (): number => stream.next().value ?? 0;
        const resources = BEFORE.resources.map((one) => {
          const body = shuffled(one.body, order) as { [key: string]: JsonValue };
          for (const list of [body.virtualHosts, body.endpoints])
            if (Array.isArray(list)) list.sort(() => order() - 0.5);
          return { ...one, body, at: { ...one.at, line: 1 + Math.floor(order() * 100) } };
        });
        const after = makeSnapshot(
          'beta' as StageName,
          resources.sort(() => order() - 0.5),
        );
        expect(renderDiff(diffSnapshots(BEFORE, after))).toBe('no change\n');
      }),
      { numRuns: 200 },
    );
  });

  test('a snapshot against itself, whatever it holds; and a diff reads alike each time', () => {
    const body = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(body, body, (a, b) => {
        const one = makeSnapshot('beta' as StageName, [{ ...cluster('x'), body: a }]);
        const same = makeSnapshot('beta' as StageName, [{ ...cluster('x'), body: structuredClone(a) }]);
        const other = makeSnapshot('beta' as StageName, [{ ...cluster('x'), body: b }]);
        expect(isEmptyDiff(diffSnapshots(one, same))).toBe(true);
        expect(renderDiff(diffSnapshots(one, other))).toBe(renderDiff(diffSnapshots(same, other)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the blast radius', () => {
  test('of hosts: the cluster, the routes to it, the listeners of those', () => {
    expect(reached(snapshot(endpoints('cart', '10.0.0.1')))).toBe(
      'reaches 1 of 2 listeners (edge), 1 of 3 virtual hosts (web/shop), 1 of 3 clusters (cart)',
    );
  });

  test('of a cluster that two listeners use', () => {
    expect(reached(snapshot(cluster('admin', { connectTimeout: '2s' })))).toBe(
      'reaches 2 of 2 listeners (edge, inner), 2 of 3 virtual hosts (other/all, web/admin), 1 of 3 clusters (admin)',
    );
  });

  test('of a route: its virtual host, its listener, the clusters before and after', () => {
    expect(reached(snapshot(web([route('/cart', 'admin'), route('/', 'front')])))).toBe(
      'reaches 1 of 2 listeners (edge), 1 of 3 virtual hosts (web/shop), 2 of 3 clusters (admin, cart)',
    );
  });

  test('of nothing', () => {
    expect(reached(snapshot())).toBe('reaches 0 of 2 listeners, 0 of 3 virtual hosts, 0 of 3 clusters');
  });
});
