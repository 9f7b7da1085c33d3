import { LATENCY_BOUNDS_MS } from '../../../controlplane/fleet/traffic-sums.ts';
import type { Share } from './fisher.ts';

export { quantileOf } from '../../../controlplane/fleet/latency-quantile.ts';

/** The first bound of the buckets that is not below `ms`; undefined when all are. */
export const boundFrom = (ms: number): number | undefined => LATENCY_BOUNDS_MS.find((bound) => bound >= ms);

/** How many took longer than `boundMs`, which is a bound of the buckets. */
export function slowerThan(boundMs: number, counts: readonly number[]): Share {
  const first = (LATENCY_BOUNDS_MS as readonly number[]).indexOf(boundMs) + 1;
  return {
    hits: counts.slice(first).reduce((sum, count) => sum + count, 0),
    of: counts.reduce((sum, count) => sum + count, 0),
  };
}

export const addCounts = (all: readonly (readonly number[])[]): number[] =>
  all.reduce<number[]>(
    (sums, counts) => sums.map((sum, index) => sum + (counts[index] ?? 0)),
    Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0),
  );
