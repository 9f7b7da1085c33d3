import type { HealthSource } from './health-source.ts';
import type { FleetSeen } from './ramp-input.ts';

/** What one Envoy says of one cluster: `membership_healthy` + `membership_degraded`, and `membership_total`. */
export type MembershipReading = { readonly available: number; readonly total: number };

type Kept = MembershipReading & { readonly atMs: number; readonly totalSinceMs: number };
type Envoy = { readonly nodeId: string; readonly clusters: Map<string, Kept> };

export type FleetHealthOptions = {
  /** A reading that is older is none. Default 20 s: four of Envoy's flush intervals. */
  readonly maxAgeMs?: number;
  /** An Envoy that has its hosts for less than this has perhaps not asked them yet: it is no witness that they are bad. Default 10 s. */
  readonly graceMs?: number;
};

/**
 * Health of the hosts of every cluster as the fleet sees it, from the metrics that Envoys stream. One stream is one Envoy. Bounded by
 * what is connected: what a stream said is forgotten with it.
 */
export class FleetHealth {
  readonly #streams = new Map<symbol, Envoy>();
  readonly #maxAgeMs: number;
  readonly #graceMs: number;
  readonly #listeners = new Set<(clusters: ReadonlySet<string>) => void>();

  constructor({ maxAgeMs = 20_000, graceMs = 10_000 }: FleetHealthOptions = {}) {
    this.#maxAgeMs = maxAgeMs;
    this.#graceMs = graceMs;
  }

  /** A stream of one Envoy's metrics, until it is closed. */
  join(nodeId: string) {
    const key = Symbol(nodeId);
    const envoy: Envoy = { nodeId, clusters: new Map() };
    this.#streams.set(key, envoy);
    return {
      /** What one message says. Clusters that it does not name keep what was said last. */
      take: (readings: ReadonlyMap<string, MembershipReading>, atMs: number): void => {
        for (const [cluster, reading] of readings) {
          const before = envoy.clusters.get(cluster);
          const totalSinceMs = before?.total === reading.total ? before.totalSinceMs : atMs;
          envoy.clusters.set(cluster, { ...reading, atMs, totalSinceMs });
        }
        const changed = new Set(readings.keys());
        for (const tell of this.#listeners) tell(changed);
      },
      close: (): void => {
        const gone = new Set(envoy.clusters.keys());
        this.#streams.delete(key);
        for (const tell of this.#listeners) tell(gone);
      },
    };
  }

  /** Calls `tell` with the clusters of which there is something new, until the returned function is called. */
  onChange(tell: (clusters: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  /** What the fleet says of one cluster, by the name that Envoys have for it (`alt_stat_name`, where it has one). */
  source(cluster: string): HealthSource {
    return {
      name: 'the fleet',
      follow: (changed) => {
        let served = 0;
        const leave = this.onChange((clusters) => {
          if (clusters.has(cluster)) changed();
        });
        return {
          look: (hosts) => {
            served = hosts.served.length;
          },
          seen: (atMs) => ({ hosts: new Map(), fleet: this.view(cluster, served, atMs) }),
          [Symbol.dispose]: leave,
        };
      },
    };
  }

  /** The least healthy view of `cluster`, which is served with `served` hosts. */
  view(cluster: string, served: number, atMs: number): FleetSeen {
    const readings = [...this.#streams.values()].flatMap(({ nodeId, clusters }) => {
      const reading = clusters.get(cluster);
      return reading && atMs - reading.atMs <= this.#maxAgeMs ? [{ nodeId, ...reading }] : [];
    });
    const [first] = readings;
    if (!first) return { kind: 'silent' };
    const bad = (one: MembershipReading): number => Math.max(0, one.total - one.available);
    const worst = readings.reduce((a, b) => (bad(b) > bad(a) ? b : a), first);
    // Envoys keep hosts that were taken away and still pass their checks: they may have more than they are served, never fewer.
    const isLate = (one: MembershipReading): boolean => one.total < served;
    const sureBad = readings.map((one) => (isLate(one) || atMs - one.totalSinceMs < this.#graceMs ? 0 : bad(one)));
    return {
      kind: 'seen',
      envoys: readings.length,
      lagging: readings.filter(isLate).length,
      unhealthyMost: bad(worst),
      unhealthyLeast: Math.min(...sureBad),
      worst: worst.nodeId,
      oldestAtMs: Math.min(...readings.map((one) => one.atMs)),
    };
  }
}
