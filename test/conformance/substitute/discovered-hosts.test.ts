import { expect, test } from 'vitest';
import { withDiscoveredHosts } from '../../../conformance/substitute/discovered-hosts.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { hostsOf } from '../../../render/references/cluster-hosts.ts';
import type { Resource } from '../../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';

const at = { file: 'clusters.yaml', line: 1, column: 1 };
const found = (...priorities: number[]): ClusterDiscovery => ({
  sources: priorities.map((priority) => ({ kind: 'registry', service: 'app', priority })),
  maxStaleMs: 1,
  floorPercent: 1,
  floorHoldMs: 1,
});
const cluster = (name: string, discovery?: ClusterDiscovery): Resource => ({
  kind: 'cluster',
  name,
  at,
  body: { name, type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } } },
  ...(discovery ? { discovery } : {}),
});
const endpoints = (name: string, address: string): Resource => {
  const host: JsonObject = { endpoint: { address: { socketAddress: { address, portValue: 80 } } } };
  return { kind: 'endpoint', name, at, body: { clusterName: name, endpoints: [{ lbEndpoints: [host] }] } };
};
const snapshot = (...resources: Resource[]): Snapshot => makeSnapshot('beta' as StageName, resources);
function hosts(of: Snapshot, name: string): string[] {
  const resource = of.resources.find((one) => one.kind === 'cluster' && one.name === name);
  const listed = resource ? hostsOf(of, resource) : { kind: 'unlisted' as const };
  return listed.kind === 'listed' ? listed.hosts.map(({ priority, address }) => `${priority} ${address}`) : [];
}

test('a cluster whose hosts are found gets two of each priority, its own and the same each time', () => {
  const before = snapshot(cluster('a', found(0, 1)), cluster('b', found(0)), cluster('c'), endpoints('c', '10.0.0.1'));
  const one = withDiscoveredHosts(before);
  expect(one.digest).toBe(before.digest);
  const all = ['a', 'b', 'c'].map((name) => hosts(one, name));
  expect(all.map((list) => list.map((host) => host.slice(0, 1)))).toEqual([['0', '0', '1', '1'], ['0', '0'], ['0']]);
  expect(new Set(all.flat()).size).toBe(7);
  const other = withDiscoveredHosts(snapshot(cluster('b', found(0))));
  expect(hosts(other, 'b')).toEqual(all[1]);
});

test('a cluster that changes from listed to found hosts keeps those that are listed, and the other way round', () => {
  const listed = snapshot(cluster('a'), endpoints('a', '10.0.0.1'));
  const discovered = snapshot(cluster('a', found(0)));
  expect(hosts(withDiscoveredHosts(discovered, listed), 'a')).toEqual(['0 10.0.0.1:80']);
  expect(withDiscoveredHosts(listed, discovered)).toBe(listed);
});
