import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import type { ClusterDiscovery, DiscoverySource } from '../../../render/discovery/cluster-discovery.ts';

export const host = (address: string, more: Partial<DiscoveredHost> = {}): DiscoveredHost => ({
  address,
  port: 80,
  health: 'healthy',
  weight: 1,
  metadata: {},
  ...more,
});

/** `10.0.0.1` to `10.0.0.count`. */
export const hostsUpTo = (count: number): readonly DiscoveredHost[] =>
  Array.from({ length: count }, (_, index) => host(`10.0.0.${index + 1}`));

export const fileSourceAt = (priority: number, more: Partial<DiscoverySource> = {}): DiscoverySource =>
  ({ kind: 'file', path: `${priority}.yaml`, priority, ...more }) as DiscoverySource;

export const discoveryOf = (
  sources: readonly DiscoverySource[] = [fileSourceAt(0)],
  more: Partial<ClusterDiscovery> = {},
): ClusterDiscovery => ({ sources, maxStaleMs: 3_600_000, floorPercent: 50, floorHoldMs: 300_000, ...more });
