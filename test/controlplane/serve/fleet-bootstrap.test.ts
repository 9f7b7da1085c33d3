import { expect, test } from 'vitest';
import { fleetBootstrap } from '../../../controlplane/serve/fleet-bootstrap.ts';
import type { JsonObject } from '../../../render/json.ts';
import { listAt, member, objectsAt, stringAt } from '../../../render/read-json.ts';

const OPTIONS = {
  nodeId: 'web-1',
  cluster: 'shop',
  metadata: { track: 'canary' },
  controlPlane: { host: '10.0.0.1', port: 18_000 },
  adminPort: 9_901,
  runtimeLayers: ['flags'],
};

const PIECE: JsonObject = {
  node: { id: 'theirs', cluster: 'theirs', metadata: { team: 'web', track: 'none' } },
  admin: { address: { socketAddress: { address: '0.0.0.0', portValue: 1 } } },
  staticResources: { clusters: [{ name: 'tracer' }], listeners: [{ name: 'ready' }] },
  statsSinks: [{ name: 'envoy.stat_sinks.dog_statsd' }],
  statsConfig: { statsTags: [{ tagName: 'a' }], histogramBucketSettings: [{ match: { prefix: 'x' }, buckets: [1] }] },
  layeredRuntime: {
    layers: [
      { name: 'own', staticLayer: {} },
      { name: 'their-admin', adminLayer: {} },
    ],
  },
  overloadManager: { refreshInterval: '1s' },
};

const names = (made: JsonObject, ...path: readonly string[]): string[] =>
  objectsAt(made, ...path).map((one) => stringAt(one, 'name'));

test("what the mesh config has for the bootstrap is kept, but who the node is, its admin and where it is configured from are the fleet's", () => {
  const made = fleetBootstrap({ ...OPTIONS, piece: PIECE });
  expect(made).toMatchObject({
    node: { id: 'web-1', cluster: 'shop', metadata: { team: 'web', track: 'canary' } },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: 9_901 } } },
    overloadManager: { refreshInterval: '1s' },
    statsConfig: { statsTags: [{ tagName: 'a' }] },
  });
  expect(names(made, 'staticResources', 'clusters')).toEqual(['tracer', 'meshgate_control_plane']);
  expect(names(made, 'staticResources', 'listeners')).toEqual(['ready']);
  expect(names(made, 'statsSinks')).toEqual(['envoy.stat_sinks.dog_statsd', 'envoy.stat_sinks.metrics_service']);
  expect(names(made, 'layeredRuntime', 'layers')).toEqual(['own', 'their-admin', 'flags']);
  const buckets = listAt(made, 'statsConfig', 'histogramBucketSettings');
  expect(buckets.map((one) => member(one, 'match'))).toEqual([
    { suffix: 'downstream_rq_time' },
    { suffix: 'upstream_rq_time' },
    { prefix: 'x' },
  ]);
});

test('without one: a layer for each runtime resource and one of its admin, and access logs on a connection of their own', () => {
  const made = fleetBootstrap({ ...OPTIONS, delta: true, accessLogs: { host: 'logs', port: 9 } });
  expect(names(made, 'layeredRuntime', 'layers')).toEqual(['flags', 'admin']);
  expect(names(made, 'staticResources', 'clusters')).toEqual(['meshgate_control_plane', 'meshgate_access_logs']);
  expect(made).toMatchObject({ dynamicResources: { adsConfig: { apiType: 'DELTA_GRPC' } } });
  expect(fleetBootstrap(OPTIONS)).toMatchObject({ dynamicResources: { adsConfig: { apiType: 'GRPC' } } });
});

test('access logs are sent to the control plane as all else is, and to others as they are', () => {
  const tls = { caFile: '/ca.pem' };
  const socketOf = (accessLogs: { host: string; port: number }) =>
    listAt(fleetBootstrap({ ...OPTIONS, tls, accessLogs }), 'staticResources', 'clusters').map((one) =>
      member(one, 'transportSocket'),
    );
  const [control, logs] = socketOf(OPTIONS.controlPlane);
  expect(control).toBeDefined();
  expect(logs).toEqual(control);
  expect(socketOf({ host: 'logs', port: 9 })).toEqual([control, undefined]);
});
