/** Upper bounds of the latency buckets, in milliseconds; one more bucket holds what is above. */
export const LATENCY_BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** Sums over the nodes of one control plane in one interval. */
export type TrafficSums = {
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  readonly requests: number;
  readonly failures: number;
  readonly latencyCounts: readonly number[];
  readonly panicPicks: number;
  readonly panicClusters: readonly string[];
};
