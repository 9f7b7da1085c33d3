import { expect, test } from 'vitest';
import { clusterLoadAssignment } from '../../../controlplane/discovery/cluster-load-assignment.ts';
import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import { API_MINORS, apiSetOf } from '../../../render/api/api-set.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import { encodeMessage } from '../../../render/api/encode-resource.ts';
import type { JsonObject } from '../../../render/json.ts';
import { host } from './hosts.ts';

const MESSAGE = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
const at = { file: 'discovery', line: 1, column: 1 };
const zone = (name: string) => ({ region: 'eu', zone: name, subZone: '' });
const wanted = new Map<number, readonly DiscoveredHost[]>([
  [
    0,
    [
      host('10.0.0.1', {
        locality: zone('b'),
        weight: 3,
        metadata: { version: '1', canary: true, a: { z: 1, b: [1, 'x'] } },
      }),
      host('10.0.0.2', { locality: zone('a'), health: 'unhealthy', hostname: 'two' }),
      host('10.0.0.3', { locality: zone('b'), health: 'maintenance', weight: 2 }),
      host('10.0.0.4', { health: 'unknown', locality: { region: '', zone: '', subZone: '' } }),
      host('::1', { health: 'unknown', port: 8080 }),
    ],
  ],
  [2, [host('10.2.0.1')]],
]);

test('hosts by priority and locality, as Envoy takes them', () => {
  const endpoint = (address: string, portValue = 80): JsonObject => ({
    address: { socketAddress: { address, portValue } },
  });
  expect(clusterLoadAssignment('shop', wanted)).toEqual({
    clusterName: 'shop',
    endpoints: [
      {
        lbEndpoints: [
          { endpoint: endpoint('10.0.0.4'), loadBalancingWeight: 1 },
          { endpoint: endpoint('::1', 8080), loadBalancingWeight: 1 },
        ],
        loadBalancingWeight: 2,
      },
      {
        locality: { region: 'eu', zone: 'a' },
        lbEndpoints: [
          { endpoint: { ...endpoint('10.0.0.2'), hostname: 'two' }, healthStatus: 'UNHEALTHY', loadBalancingWeight: 1 },
        ],
        loadBalancingWeight: 1,
      },
      {
        locality: { region: 'eu', zone: 'b' },
        lbEndpoints: [
          {
            endpoint: endpoint('10.0.0.1'),
            healthStatus: 'HEALTHY',
            metadata: { filterMetadata: { 'envoy.lb': { a: { b: [1, 'x'], z: 1 }, canary: true, version: '1' } } },
            loadBalancingWeight: 3,
          },
          { endpoint: endpoint('10.0.0.3'), healthStatus: 'DRAINING', loadBalancingWeight: 2 },
        ],
        loadBalancingWeight: 5,
      },
      { priority: 1 },
      {
        lbEndpoints: [{ endpoint: endpoint('10.2.0.1'), healthStatus: 'HEALTHY', loadBalancingWeight: 1 }],
        loadBalancingWeight: 1,
        priority: 2,
      },
    ],
  });
});

test.each(API_MINORS)('Envoy %s: no finding, and already the canonical form to the letter', (minor) => {
  for (const hosts of [wanted, new Map(), new Map([[0, []]])]) {
    const body = clusterLoadAssignment('shop', hosts);
    const checked = checkMessage(apiSetOf(minor), MESSAGE, body, { at });
    expect(checked.findings).toEqual([]);
    expect(JSON.stringify(checked.body)).toBe(JSON.stringify(body));
  }
});

test('no hosts is an assignment without endpoints, whatever priorities are named', () => {
  expect(clusterLoadAssignment('shop', new Map([[3, []]]))).toEqual({ clusterName: 'shop' });
});

test('the weight of a locality may be given, and is kept within what Envoy takes', () => {
  const weights = (weight: number): unknown =>
    (clusterLoadAssignment('shop', new Map([[0, [host('10.0.0.1')]]]), () => weight).endpoints as JsonObject[])[0]
      ?.loadBalancingWeight;
  expect([weights(7), weights(0), weights(1e12)]).toEqual([7, 1, 0xffff_ffff]);
});

test('same hosts, same bytes, whatever order members of metadata come in', () => {
  const bytes = (metadata: JsonObject): Uint8Array =>
    encodeMessage(MESSAGE, clusterLoadAssignment('shop', new Map([[0, [host('10.0.0.1', { metadata })]]])));
  expect(bytes({ a: 1, b: { c: 1, d: 2 } })).toEqual(bytes({ b: { d: 2, c: 1 }, a: 1 }));
});
