import { plus } from '../telemetry/edge-sums.ts';
import { nameOf } from '../telemetry/service-names.ts';
import { LATENCY_BOUNDS_MS, type TrafficSums } from './traffic-sums.ts';

/** What one message of one node adds. */
export type TrafficIncrement = {
  readonly requests: number;
  readonly failures: number;
  readonly latencyCounts: readonly number[];
  /** Picks in panic mode, by cluster. */
  readonly panicPicks: ReadonlyMap<string, number>;
};

/** Intervals that could not be stored are kept: 10 minutes of 5 s. */
const KEPT_INTERVALS = 120;
/** Names of clusters in panic mode per interval, for the words. */
const KEPT_CLUSTERS = 50;

type Interval = {
  requests: number;
  failures: number;
  latencyCounts: number[];
  panicPicks: number;
  clusters: Set<string>;
};

/**
 * Adds up what the nodes say, in intervals that begin at multiples of their length, so that those of several control planes can be
 * added. What arrives counts for the interval in which it arrives: Envoy sends its counters that often. Memory is bounded.
 */
export class TrafficMeter {
  readonly #nowEpochMs: () => number;
  readonly #intervalMs: number;
  readonly #intervals = new Map<number, Interval>();
  readonly #byMetrics = new Map<string, number>();
  #back: TrafficSums[] = [];

  constructor(ports: { readonly nowEpochMs: () => number; readonly intervalMs: number }) {
    this.#nowEpochMs = ports.nowEpochMs;
    this.#intervalMs = ports.intervalMs;
  }

  /** A node speaks of its traffic by metrics until the returned function is called: its access logs would count it twice. */
  joinByMetrics(nodeId: string): () => void {
    this.#byMetrics.set(nodeId, (this.#byMetrics.get(nodeId) ?? 0) + 1);
    return () => {
      const left = (this.#byMetrics.get(nodeId) ?? 1) - 1;
      if (left > 0) this.#byMetrics.set(nodeId, left);
      else this.#byMetrics.delete(nodeId);
    };
  }

  speaksByMetrics(nodeId: string): boolean {
    return this.#byMetrics.has(nodeId);
  }

  add({ requests, failures, latencyCounts, panicPicks }: TrafficIncrement): void {
    const now = this.#nowEpochMs();
    const from = now - (now % this.#intervalMs);
    const interval = this.#intervals.get(from) ?? {
      requests: 0,
      failures: 0,
      latencyCounts: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0),
      panicPicks: 0,
      clusters: new Set<string>(),
    };
    this.#intervals.set(from, interval);
    if (this.#intervals.size > KEPT_INTERVALS) this.#intervals.delete(this.#intervals.keys().next().value ?? 0);
    interval.requests = plus(interval.requests, requests);
    interval.failures = plus(interval.failures, failures);
    latencyCounts.forEach((count, index) => {
      interval.latencyCounts[index] = plus(interval.latencyCounts[index] ?? 0, count);
    });
    for (const [cluster, picks] of panicPicks) {
      interval.panicPicks = plus(interval.panicPicks, picks);
      if (interval.clusters.size < KEPT_CLUSTERS) interval.clusters.add(nameOf(cluster));
    }
  }

  /** Intervals that are over, oldest first; none of them is given again. */
  takeFinished(): readonly TrafficSums[] {
    const now = this.#nowEpochMs();
    const finished = [...this.#intervals].filter(([from]) => from + this.#intervalMs <= now);
    for (const [from] of finished) this.#intervals.delete(from);
    const taken = [
      ...this.#back,
      ...finished.map(([from, { clusters, ...sums }]) => ({
        fromEpochMs: from,
        toEpochMs: from + this.#intervalMs,
        ...sums,
        panicClusters: [...clusters].sort(),
      })),
    ];
    this.#back = [];
    return taken;
  }

  /** They could not be stored: give them again. */
  giveBack(sums: readonly TrafficSums[]): void {
    this.#back = [...sums, ...this.#back].slice(-KEPT_INTERVALS);
  }
}
