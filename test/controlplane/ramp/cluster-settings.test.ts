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

const hostWith = (metadata: DiscoveredHost['metadata']): DiscoveredHost => ({
  address: '10.0.0.1',
  port: 80,
  health: 'unknown',
  weight: 1,
  metadata,
});

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
  expect(groupsOf(hostWith({ version: 'v1' }))).toEqual(['version="v1"']);
  expect(groupsOf(hostWith({ version: 'v1', zone: 2 }))).toEqual(['version="v1"', 'version="v1",zone=2']);
  expect(groupsOf(hostWith({}))).toEqual([]);
});

test('times take the thresholds of the checks: one lost answer, or an old host that fails, takes so many answers more', () => {
  const found = settings(`
  health_checks: [{ timeout: 1s, interval: 5s, unhealthy_interval: 10s, unhealthy_threshold: 3, healthy_threshold: 2, tcp_health_check: {} }]
`);
  expect(found).toMatchObject({
    settleUnseenMs: 2 * 11_000 + 1_000 + 5_000,
    settleDownMs: 3 * 6_000 + 1_000 + 5_000,
    patienceMs: 2 * 11_000 + 1_000,
  });
});

test('outlier detection takes hosts out without asking anybody: so many of 100', () => {
  expect(settings('').ejectablePercent).toBe(0);
  expect(settings('  outlier_detection: {}').ejectablePercent).toBe(10);
  expect(settings('  outlier_detection: { max_ejection_percent: 35 }').ejectablePercent).toBe(35);
});

test('of clusters that ask for the same endpoints the strictest counts', () => {
  const found = settings(`
- name: app-strict
  type: EDS
  eds_cluster_config: { service_name: app, eds_config: { ads: {}, resource_api_version: V3 } }
  common_lb_config: { healthy_panic_threshold: { value: 80 } }
  health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }]
  lb_subset_config: { subset_selectors: [{ keys: [version] }] }
`);
  expect(found).toMatchObject({ healthChecked: true, rule: { thresholdPercent: 80 } });
  expect(found.groupsOf(hostWith({ version: 'v1' }))).toEqual(['version="v1"']);
});

test('subsets of lists, the default subset, and those of a load balancing policy', () => {
  const lists = settings('  lb_subset_config: { list_as_any: true, subset_selectors: [{ keys: [stage, zone] }] }');
  expect(lists.groupsOf(hostWith({ stage: ['a', 'b'], zone: 'z' }))).toEqual([
    'stage="a",zone="z"',
    'stage="b",zone="z"',
  ]);
  const fallback = settings(
    '  lb_subset_config: { fallback_policy: DEFAULT_SUBSET, default_subset: { version: v1 }, subset_selectors: [{ keys: [stage] }] }',
  );
  expect(fallback.groupsOf(hostWith({ version: 'v1' }))).toEqual(['the default subset']);
  expect(fallback.groupsOf(hostWith({ version: 'v2', stage: 'a' }))).toEqual(['stage="a"']);
  const policy = settings(`
  load_balancing_policy:
    policies:
    - typed_extension_config:
        name: envoy.load_balancing_policies.subset
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.subset.v3.Subset
          subset_selectors: [{ keys: [version] }]
          subset_lb_policy:
            policies:
            - typed_extension_config:
                name: envoy.load_balancing_policies.random
                typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.random.v3.Random }
`);
  expect(policy.groupsOf(hostWith({ version: 'v1' }))).toEqual(['version="v1"']);
});
