import { describe, expect, test } from 'vitest';
import { substitute } from '../../../conformance/substitute/substitute.ts';
import type { JsonObject } from '../../../render/json.ts';
import { setPlace } from '../../../render/places.ts';
import { sourceFile } from '../../../render/source-location.ts';
import { cluster, downstreamTls, hostsAt, listener, managed, snapshotOf, socket } from '../snapshot-of.ts';
import { testOptions } from './options.ts';

const run = (bodies: Parameters<typeof snapshotOf>[0], bootstrap?: JsonObject) =>
  substitute(snapshotOf(bodies, bootstrap), testOptions());
const only = (bodies: Parameters<typeof snapshotOf>[0]) => run(bodies).resources[0]?.body;

describe('what a cell does not need to change', () => {
  test('stays the same object, and is not listed', () => {
    const route = {
      name: 'r',
      virtualHosts: [
        { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'a', timeout: '3s' } }] },
      ],
    };
    const snapshot = snapshotOf({ route: [route] });
    const { resources, substitutions } = substitute(snapshot, testOptions());
    expect(resources[0]).toBe(snapshot.resources[0]);
    expect(substitutions).toEqual([]);
  });

  test('the snapshot itself is never touched', () => {
    const snapshot = snapshotOf({ cluster: [cluster('a')], listener: [listener('l', [{ filters: [managed({})] }])] });
    const before = JSON.stringify(snapshot);
    substitute(snapshot, testOptions());
    expect(JSON.stringify(snapshot)).toBe(before);
  });

  test('a resource becomes the same whatever stands beside it', () => {
    const options = testOptions();
    const live = substitute(
      snapshotOf({ cluster: [cluster('a'), cluster('b')], listener: [listener('l', [])] }),
      options,
    );
    const proposed = substitute(
      snapshotOf({ cluster: [cluster('a'), cluster('c')], listener: [listener('l', [])] }),
      options,
    );
    const bodyOf = (name: string, from: typeof live) => from.resources.find((resource) => resource.name === name)?.body;
    expect(bodyOf('a', proposed)).toEqual(bodyOf('a', live));
    expect(bodyOf('l', proposed)).toEqual(bodyOf('l', live));
  });
});

describe('a changed resource stays a changed one', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['a listener on another port', listener('l', []), listener('l', [], { address: socket('0.0.0.0', 10_001) })],
    [
      'another certificate',
      listener('l', [{ transportSocket: downstreamTls() }]),
      listener('l', [
        {
          transportSocket: downstreamTls(
            {},
            { tlsCertificates: [{ certificateChain: { filename: '/new' }, privateKey: { filename: '/new' } }] },
          ),
        },
      ]),
    ],
  ])('%s', (_, before, after) => {
    expect(only({ listener: [after] })).not.toEqual(only({ listener: [before] }));
  });

  test('another host', () => {
    const options = testOptions();
    const bodyFor = (address: string) =>
      substitute(
        snapshotOf({
          cluster: [cluster('a', { loadAssignment: { clusterName: 'a', endpoints: hostsAt([address, 80]) } })],
        }),
        options,
      ).resources[0]?.body;
    expect(bodyFor('10.0.0.2')).not.toEqual(bodyFor('10.0.0.1'));
  });
});

describe('hosts', () => {
  test('become stand-ins, each substitution with its place', () => {
    const endpoint: JsonObject = { address: socket('10.0.0.1', 8080) };
    const file = sourceFile('clusters/a.yaml', 'a\nb\nc\n');
    setPlace(endpoint, { file, offset: 0, keys: new Map(), values: new Map([['address', 4]]), via: [] });
    const { resources, substitutions } = run({
      cluster: [cluster('a', { loadAssignment: { clusterName: 'a', endpoints: [{ lbEndpoints: [{ endpoint }] }] } })],
    });
    expect(resources[0]?.body.loadAssignment).toEqual({
      clusterName: 'a',
      endpoints: [{ lbEndpoints: [{ endpoint: { address: socket('127.0.0.1', 20_000) } }] }],
    });
    expect(substitutions).toEqual([
      {
        what: 'host-address',
        resource: 'cluster a',
        at: { file: 'clusters/a.yaml', line: 3, column: 1 },
        was: 'address 10.0.0.1:8080',
        became: 'stand-in 127.0.0.1:20000',
      },
    ]);
  });

  test('of a DNS cluster keep the name that was looked up', () => {
    const body = only({
      cluster: [
        cluster('a', {
          type: 'STRICT_DNS',
          loadAssignment: { clusterName: 'a', endpoints: hostsAt(['a.example', 80]) },
        }),
      ],
    });
    expect(body).toMatchObject({
      type: 'STRICT_DNS',
      loadAssignment: { endpoints: [{ lbEndpoints: [{ endpoint: { hostname: 'a.example' } }] }] },
    });
  });

  test('shared by two clusters are two stand-ins: each cluster gets endpoints of its own name', () => {
    const eds = (name: string) => ({
      name,
      type: 'EDS',
      edsClusterConfig: { serviceName: 'shared', edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    });
    const { resources } = run({
      cluster: [eds('a'), eds('b')],
      endpoint: [{ clusterName: 'shared', endpoints: hostsAt(['10.0.0.1', 80]) }],
    });
    expect(resources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'cluster a',
      'cluster b',
      'endpoint a',
      'endpoint b',
    ]);
    expect(resources[0]?.body.edsClusterConfig).toEqual({ edsConfig: { ads: {}, resourceApiVersion: 'V3' } });
    expect(JSON.stringify(resources[2]?.body)).not.toBe(JSON.stringify(resources[3]?.body).replace('"b"', '"a"'));
  });

  test("a health-check port that is the host's own moves with it", () => {
    const endpoint = { address: socket('10.0.0.1', 80), healthCheckConfig: { portValue: 80 } };
    const body = only({
      cluster: [cluster('a', { loadAssignment: { clusterName: 'a', endpoints: [{ lbEndpoints: [{ endpoint }] }] } })],
    });
    expect(body).toMatchObject({
      loadAssignment: { endpoints: [{ lbEndpoints: [{ endpoint: { healthCheckConfig: { portValue: 20_000 } } }] }] },
    });
  });

  test('a health-check port leads to its own stand-in, and a port for all of them to one each', () => {
    const body = only({
      cluster: [cluster('a', { healthChecks: [{ altPort: 9000, httpHealthCheck: { path: '/' } }] })],
    });
    expect(body).toMatchObject({
      healthChecks: [{ httpHealthCheck: { path: '/' } }],
      loadAssignment: {
        endpoints: [
          {
            lbEndpoints: [
              { endpoint: { address: socket('127.0.0.1', 20_000), healthCheckConfig: { portValue: 20_001 } } },
            ],
          },
        ],
      },
    });
    expect(body).not.toHaveProperty('healthChecks.0.altPort');
  });
});

describe('listeners', () => {
  test('get a port from the OS, are bound, and lose what needs privileges', () => {
    const body = only({
      listener: [
        listener('l', [], {
          bindToPort: false,
          transparent: true,
          freebind: true,
          additionalAddresses: [{ address: socket('::', 443) }],
          socketOptions: [
            { level: '1', name: '36', intValue: '1' },
            { level: '6', name: '1', intValue: '1' },
          ],
        }),
      ],
    });
    expect(body).toMatchObject({
      address: socket('127.0.0.1', 0),
      additionalAddresses: [{ address: socket('127.0.0.1', 0) }],
      freebind: true,
      socketOptions: [{ level: '6', name: '1', intValue: '1' }],
    });
    expect(body).not.toHaveProperty('bindToPort');
    expect(body).not.toHaveProperty('transparent');
  });

  test('of UDP stay UDP; pipes move into the cell', () => {
    const udp = { socketAddress: { protocol: 'UDP', address: '0.0.0.0', portValue: 53 } };
    expect(only({ listener: [listener('l', [], { address: udp })] })?.address).toEqual({
      socketAddress: { protocol: 'UDP', address: '127.0.0.1', portValue: 0 },
    });
    const pipe = only({ listener: [listener('l', [], { address: { pipe: { path: '/run/envoy.sock' } } })] });
    expect(JSON.stringify(pipe?.address)).toContain('/scratch/');
  });

  test('that choose by addresses take PROXY headers, so that every chain can be reached', () => {
    const { resources, listeners } = run({
      listener: [
        listener('l', [
          { name: 'a', filterChainMatch: { destinationPort: 8443 }, filters: [managed({})] },
          { name: 'b', filters: [managed({})] },
        ]),
      ],
    });
    expect(resources[0]?.body.listenerFilters).toHaveLength(1);
    expect(
      listeners[0]?.chains.map(({ reach }) => reach.kind === 'reachable' && reach.proxyHeader?.destination.port),
    ).toEqual([8443, 10_000]);
  });
});

describe('the window in which changes of health are gathered', () => {
  const checked = (more: JsonObject = {}) => cluster('a', { healthChecks: [{ timeout: '1s' }], ...more });

  test.each<[string, JsonObject, string]>([
    ['the default', {}, 'not set: 1s'],
    ['a written one', { commonLbConfig: { updateMergeWindow: '3s', healthyPanicThreshold: { value: 30 } } }, '3s'],
  ])('%s becomes none, and is listed', (_, more, was) => {
    const snapshot = snapshotOf({ cluster: [checked(more)] });
    const { resources, substitutions } = substitute(snapshot, { ...testOptions(), healthAtOnce: true });
    expect(resources[0]?.body.commonLbConfig).toEqual({
      ...(more.commonLbConfig as JsonObject),
      updateMergeWindow: '0s',
    });
    expect(substitutions.filter(({ what }) => what === 'timing')).toEqual([
      expect.objectContaining({ resource: 'cluster a', was: `updateMergeWindow ${was}` }),
    ]);
  });

  test.each<[string, JsonObject]>([
    ['without health checks', cluster('a')],
    ['that has none already', checked({ commonLbConfig: { updateMergeWindow: '0s' } })],
  ])('a cluster %s keeps what it says', (_, body) => {
    const { substitutions } = substitute(snapshotOf({ cluster: [body] }), { ...testOptions(), healthAtOnce: true });
    expect(substitutions.filter(({ what }) => what === 'timing')).toEqual([]);
  });

  test('stays as it is where nobody asks, as in rehearsals', () => {
    const { resources, substitutions } = run({ cluster: [checked()] });
    expect(resources[0]?.body.commonLbConfig).toBeUndefined();
    expect(substitutions.filter(({ what }) => what === 'timing')).toEqual([]);
  });
});
