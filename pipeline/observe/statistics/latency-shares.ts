import { LATENCY_BOUNDS_MS } from '../../../controlplane/fleet/traffic-sums.ts';
import type { Share } from './fisher.ts';

/** A value that so large a share of the counted does not exceed, by straight lines within buckets; `Infinity`: above the last bound. */
export function quantileOf(counts: readonly number[], share: number): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const wanted = all * share;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= wanted) {
      const upper = LATENCY_BOUNDS_MS[index];
      const lower = index === 0 ? 0 : (LATENCY_BOUNDS_MS[index - 1] ?? 0);
      return upper === undefined ? Number.POSITIVE_INFINITY : lower + (upper - lower) * ((wanted - below) / count);
    }
    below += count;
  }
  return undefined;
}

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
