import type { HealthSource } from './health-source.ts';
import type { FleetSeen } from './ramp-input.ts';

/** What one Envoy says of one cluster: `membership_healthy` + `membership_degraded`, and `membership_total`. */
export type MembershipReading = { readonly available: number; readonly total: number };

type Kept = MembershipReading & { readonly atMs: number; readonly totalSinceMs: number };
type Envoy = { readonly nodeId: string; readonly clusters: Map<string, Kept>; heardAtMs: number; sweptAtMs: number };

/** Envoy says all that it has at least so often (`stats_flush_interval` is bounded): a cluster of which it does not is gone. */
const FORGOTTEN_MS = 5 * 60_000;

export type FleetHealthOptions = {
  /** A reading that is older is none. Default 20 s: four of Envoy's flush intervals. */
  readonly maxAgeMs?: number;
  /** An Envoy that has its hosts for less than this has perhaps not asked them yet: it is no witness that they are bad. Default 10 s. */
  readonly graceMs?: number;
  /**
   * An Envoy that has connected, or went away, is waited for so long to say what it sees: an Envoy that starts is served before its first
   * metrics come. Default 15 s: three flush intervals.
   */
  readonly unheardMs?: number;
};

/**
 * Health of the hosts of every cluster as the fleet sees it, from the metrics that Envoys stream. One stream is one Envoy. Bounded by
 * what is connected: what a stream said is forgotten with it, and what it says of a cluster no longer some minutes later.
 */
export class FleetHealth {
  readonly #streams = new Map<symbol, Envoy>();
  readonly #maxAgeMs: number;
  readonly #graceMs: number;
  readonly #unheardMs: number;
  /** Open streams of configuration, and since when; and Envoys that went away, and since when. */
  readonly #connected = new Map<symbol, { readonly nodeId: string; readonly sinceMs: number }>();
  readonly #gone = new Map<string, number>();
  readonly #present = new Map<string, (goneAtMs: number) => void>();
  readonly #listeners = new Set<(clusters: ReadonlySet<string>) => void>();

  constructor({ maxAgeMs = 20_000, graceMs = 10_000, unheardMs = 15_000 }: FleetHealthOptions = {}) {
    this.#maxAgeMs = maxAgeMs;
    this.#graceMs = graceMs;
    this.#unheardMs = unheardMs;
  }

  /** An Envoy is connected for its configuration, until the returned function is called. */
  connected(nodeId: string, atMs: number): (goneAtMs: number) => void {
    const key = Symbol(nodeId);
    this.#connected.set(key, { nodeId, sinceMs: atMs });
    return (goneAtMs) => {
      this.#connected.delete(key);
      for (const [name, sinceMs] of this.#gone) if (goneAtMs - sinceMs >= this.#unheardMs) this.#gone.delete(name);
      this.#gone.set(nodeId, goneAtMs);
    };
  }

  /** As `connected`, for whoever knows who is there rather than who comes and goes: all node ids that are connected now. */
  nowConnected(nodeIds: ReadonlySet<string>, atMs: number): void {
    for (const [nodeId, leave] of this.#present) {
      if (nodeIds.has(nodeId)) continue;
      this.#present.delete(nodeId);
      leave(atMs);
    }
    for (const nodeId of nodeIds)
      if (!this.#present.has(nodeId)) this.#present.set(nodeId, this.connected(nodeId, atMs));
  }

  /** A stream of one Envoy's metrics, until it is closed. */
  join(nodeId: string) {
    const key = Symbol(nodeId);
    const envoy: Envoy = { nodeId, clusters: new Map(), heardAtMs: Number.NEGATIVE_INFINITY, sweptAtMs: 0 };
    this.#streams.set(key, envoy);
    return {
      /** What one message says. Clusters that it does not name keep what was said last. */
      take: (readings: ReadonlyMap<string, MembershipReading>, atMs: number): void => {
        envoy.heardAtMs = atMs;
        for (const [cluster, reading] of readings) {
          const before = envoy.clusters.get(cluster);
          const totalSinceMs = before?.total === reading.total ? before.totalSinceMs : atMs;
          envoy.clusters.set(cluster, { ...reading, atMs, totalSinceMs });
        }
        forgetGone(envoy, atMs);
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

  /** How many readings are kept: one for each Envoy and cluster. */
  get size(): number {
    return [...this.#streams.values()].reduce((size, { clusters }) => size + clusters.size, 0);
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
    const unheard = this.#unheard(atMs);
    const [first] = readings;
    if (!first) return unheard > 0 ? { ...NOBODY, unheard } : { kind: 'silent' };
    const bad = (one: MembershipReading): number => Math.max(0, one.total - one.available);
    const worst = readings.reduce((a, b) => (bad(b) > bad(a) ? b : a), first);
    // Envoys keep hosts that were taken away and still pass their checks: they may have more than they are served, never fewer.
    const isLate = (one: MembershipReading): boolean => one.total < served;
    const sureBad = readings.map((one) => (isLate(one) || atMs - one.totalSinceMs < this.#graceMs ? 0 : bad(one)));
    return {
      kind: 'seen',
      envoys: readings.length,
      lagging: readings.filter(isLate).length,
      unheard,
      unhealthyMost: bad(worst),
      unhealthyLeast: Math.min(...sureBad),
      worst: worst.nodeId,
      oldestAtMs: Math.min(...readings.map((one) => one.atMs)),
    };
  }

  #unheard(atMs: number): number {
    const heard = new Set<string>();
    let stale = 0;
    for (const { nodeId, heardAtMs } of this.#streams.values()) {
      if (atMs - heardAtMs <= this.#maxAgeMs) heard.add(nodeId);
      else if (atMs - heardAtMs <= this.#maxAgeMs + this.#unheardMs) stale++;
    }
    const waited = [
      ...[...this.#connected.values()].map(({ nodeId, sinceMs }) => [nodeId, sinceMs] as const),
      ...this.#gone,
    ].filter(([nodeId, sinceMs]) => !heard.has(nodeId) && atMs - sinceMs < this.#unheardMs);
    return stale + new Set(waited.map(([nodeId]) => nodeId)).size;
  }
}

function forgetGone(envoy: Envoy, atMs: number): void {
  if (atMs - envoy.sweptAtMs < FORGOTTEN_MS) return;
  envoy.sweptAtMs = atMs;
  for (const [cluster, reading] of envoy.clusters)
    if (atMs - reading.atMs > FORGOTTEN_MS) envoy.clusters.delete(cluster);
}

const NOBODY = {
  kind: 'seen',
  envoys: 0,
  lagging: 0,
  unhealthyMost: 0,
  unhealthyLeast: 0,
  worst: '',
  oldestAtMs: Number.NEGATIVE_INFINITY,
} as const;
