import { expect, test } from 'vitest';
import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import { rampSettingsOf } from '../../../controlplane/ramp/cluster-settings.ts';
import { referenceGraph } from '../../../render/references/reference-graph.ts';
import { snapshotOf } from '../../conformance/guards/snapshot-of.ts';

const settings = (more: string, texts: { runtime?: string } = {}) => {
  const snapshot = snapshotOf({
    cluster: `
- name: app
  type: EDS
  eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }
${more}
`,
    ...texts,
  });
  const cluster = referenceGraph(snapshot).find('cluster', 'app');
  if (!cluster) throw new Error('no cluster');
  return rampSettingsOf(snapshot, cluster);
};

test('a cluster without health checks is not ramped: Envoy takes every host for healthy', () => {
  expect(settings('')).toMatchObject({ healthChecked: false, rule: { thresholdPercent: 50 } });
});

test('threshold, times and merge window are read off the cluster', () => {
  const found = settings(`
  common_lb_config: { healthy_panic_threshold: { value: 33 }, update_merge_window: 3s }
  health_checks: [{ timeout: 2s, interval: 10s, interval_jitter: 1s, initial_jitter: 4s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }]
`);
  expect(found).toMatchObject({
    healthChecked: true,
    rule: { thresholdPercent: 33, overprovisioningPercent: 140 },
    settleMs: 3_500,
    settleUnseenMs: 17_000 + 3_000 + 5_000,
    patienceMs: 2 * 17_000 + 3_000,
  });
});

test('the runtime outweighs the cluster', () => {
  expect(
    settings('  common_lb_config: { healthy_panic_threshold: { value: 33 } }', {
      runtime: '- { name: flags, layer: { upstream: { healthy_panic_threshold: 80 } } }',
    }).rule.thresholdPercent,
  ).toBe(80);
});

test('hosts of a subset load balancer belong to the subsets that their metadata names', () => {
  const { groupsOf } = settings(
    '  lb_subset_config: { subset_selectors: [{ keys: [version] }, { keys: [version, zone] }] }',
  );
  const host = (metadata: DiscoveredHost['metadata']): DiscoveredHost => ({
    address: '10.0.0.1',
    port: 80,
    health: 'unknown',
    weight: 1,
    metadata,
  });
  expect(groupsOf(host({ version: 'v1' }))).toEqual(['version="v1"']);
  expect(groupsOf(host({ version: 'v1', zone: 2 }))).toEqual(['version="v1"', 'version="v1",zone=2']);
  expect(groupsOf(host({}))).toEqual([]);
});
