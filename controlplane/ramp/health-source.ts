import type { DiscoveredHost } from '../discovery/discovered-host.ts';
import { type FleetSeen, type HealthEvidence, NO_EVIDENCE, type SeenHealth } from './ramp-input.ts';

/** Whoever can say something of the health of a cluster's hosts: the fleet's own checks, a probe, other control planes. */
export type HealthSource = {
  /** For people: `the fleet`, `probe`. */
  readonly name: string;
  /** Looks until disposed; `changed` says that there may be something new. */
  follow(changed: () => void): FollowedHealth;
};

export type FollowedHealth = Disposable & {
  /** Which hosts matter from now on: what is served, and what may be. */
  look(hosts: { readonly served: readonly DiscoveredHost[]; readonly candidates: readonly DiscoveredHost[] }): void;
  seen(atMs: number): HealthEvidence;
};

/** The least healthy of all views. */
export function leastHealthy(views: readonly HealthEvidence[]): HealthEvidence {
  const hosts = new Map<string, SeenHealth>();
  for (const view of views) {
    for (const [key, seen] of view.hosts) {
      const known = hosts.get(key) ?? 'unseen';
      if (known === 'unseen' || seen === 'unhealthy') hosts.set(key, seen);
    }
  }
  return { hosts, fleet: views.map(({ fleet }) => fleet).reduce(leastHealthyFleet, NO_EVIDENCE.fleet) };
}

function leastHealthyFleet(a: FleetSeen, b: FleetSeen): FleetSeen {
  if (a.kind === 'silent') return b;
  if (b.kind === 'silent') return a;
  return {
    kind: 'seen',
    envoys: a.envoys + b.envoys,
    lagging: a.lagging + b.lagging,
    unheard: a.unheard + b.unheard,
    unhealthyMost: Math.max(a.unhealthyMost, b.unhealthyMost),
    unhealthyLeast: Math.min(a.unhealthyLeast, b.unhealthyLeast),
    worst: b.unhealthyMost > a.unhealthyMost ? b.worst : a.worst,
    oldestAtMs: Math.min(a.oldestAtMs, b.oldestAtMs),
  };
}
