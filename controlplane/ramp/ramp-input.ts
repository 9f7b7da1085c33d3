import type { DiscoveredHost } from '../discovery/discovered-host.ts';

/** What one cluster should have in the end, by priority. */
export type WantedHosts = ReadonlyMap<number, readonly DiscoveredHost[]>;

/** Whether a host is seen to be healthy by whoever looks: a probe of the control plane, or the registry between two of its answers. */
export type SeenHealth = 'healthy' | 'unhealthy' | 'unseen';

/**
 * What the Envoys of the fleet say of the hosts of a cluster: how many, not which. `unhealthy` are those that are neither healthy nor
 * degraded.
 */
export type FleetSeen =
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'seen';
      readonly envoys: number;
      /** Envoys that have fewer hosts than they are served: they have not taken it yet, or have just started. */
      readonly lagging: number;
      /** Envoys that are connected, or were a moment ago, and of which it is not known what they see. Nothing is changed then. */
      readonly unheard: number;
      /** In the Envoy that sees the most of them. */
      readonly unhealthyMost: number;
      /** In the Envoy that sees the fewest. */
      readonly unhealthyLeast: number;
      /** The Envoy of `unhealthyMost`, for people. */
      readonly worst: string;
      /** Of the reading that is the oldest of the newest ones. */
      readonly oldestAtMs: number;
    };

/** All that is seen of the health of one cluster's hosts, by `address:port`. A host that is not there is unseen. */
export type HealthEvidence = { readonly hosts: ReadonlyMap<string, SeenHealth>; readonly fleet: FleetSeen };

export const NO_EVIDENCE: HealthEvidence = { hosts: new Map(), fleet: { kind: 'silent' } };
