import type { DiscoveredHost } from '../discovery/discovered-host.ts';

/** What one cluster should have in the end, by priority. */
export type WantedHosts = ReadonlyMap<number, readonly DiscoveredHost[]>;

/** Whether a host that Envoys already have is seen to be healthy, by whoever looks: the registry, the fleet's own health checks, a probe. */
export type SeenHealth = 'healthy' | 'unhealthy' | 'unseen';
