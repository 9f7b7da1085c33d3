import { LATENCY_BOUNDS_MS } from './traffic-sums.ts';

/** A latency (ms) that so large a share of the counted does not exceed, by straight lines within buckets; `Infinity`: above the last bound. */
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
