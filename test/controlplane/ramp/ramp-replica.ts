import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import { FleetHealth } from '../../../controlplane/ramp/fleet-health.ts';
import { rampCluster } from '../../../controlplane/ramp/ramp-cluster.ts';
import type { RampMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import type { PeerView, RampPeers } from '../../../controlplane/ramp/ramp-peers.ts';
import { DEFAULT_RAMP } from '../../../controlplane/ramp/ramp-settings.ts';
import type { ManualClock } from './manual-clock.ts';

export const hostsUpTo = (count: number): ReadonlyMap<number, readonly DiscoveredHost[]> =>
  new Map([
    [
      0,
      Array.from({ length: count }, (_, at) => ({
        address: `10.0.0.${at + 1}`,
        port: 80,
        health: 'unknown' as const,
        weight: 1,
        metadata: {},
      })),
    ],
  ]);

export type ReplicaPorts = {
  readonly id: string;
  readonly clock: ManualClock;
  readonly memory: RampMemory;
  readonly peers: RampPeers;
};

/** A control plane with one Envoy, which takes what it is served at once unless it is `away`, and sees `sick` hosts fail. */
export async function rampReplica({ id, clock, memory, peers }: ReplicaPorts) {
  const fleet = new FleetHealth();
  const stream = fleet.join(`envoy-of-${id}`);
  const health = [fleet.source('app')];
  const ramp = await rampCluster({ cluster: 'app', settings: DEFAULT_RAMP, clock, memory, health, peers });
  const sick = new Set<string>();
  const self = { ramp, sick, isAway: false, has: [] as readonly string[] };
  const healthy = (): number => self.has.filter((address) => !sick.has(address)).length;
  const live = (): void => {
    const { served } = ramp;
    if (served && !self.isAway) {
      self.has = [...served.hosts.values()].flat().map(({ address }) => address);
      ramp.applied(served.version);
    }
    stream.take(new Map([['app', { available: healthy(), total: self.has.length }]]), clock.nowEpochMs());
    stop = clock.after(500, live);
  };
  let stop = clock.after(500, live);
  return Object.assign(self, {
    healthy,
    size: (): number => ramp.served?.hosts.get(0)?.length ?? 0,
    async [Symbol.asyncDispose]() {
      stop();
      await ramp[Symbol.asyncDispose]();
    },
  });
}

/** Control planes of one process, which hear each other at once. */
export function peersOfOneProcess() {
  const said = new Map<string, PeerView>();
  const followers = new Map<string, () => void>();
  return (id: string): RampPeers => ({
    tell(_, view) {
      const before = JSON.stringify(said.get(id));
      if (view) said.set(id, view);
      else said.delete(id);
      if (JSON.stringify(view) === before) return;
      for (const [other, changed] of followers) if (other !== id) changed();
    },
    of: () => [...said].flatMap(([other, view]) => (other === id ? [] : [view])),
    follow(_, changed) {
      followers.set(id, changed);
      return () => void followers.delete(id);
    },
  });
}
