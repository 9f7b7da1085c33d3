import type { Share } from './fisher.ts';

/** Fewer intervals than this say nothing of how much they differ. */
const MIN_INTERVALS = 6;

/**
 * By how much the hits of single intervals scatter more than those of independent requests would: Pearson's χ² over its degrees of
 * freedom, at least 1. Failures come in bursts; a test that takes each for an independent event would see harm where there is none.
 */
export function dispersion(intervals: readonly Share[]): number {
  const filled = intervals.filter(({ of }) => of > 0);
  const of = filled.reduce((sum, interval) => sum + interval.of, 0);
  const hits = filled.reduce((sum, interval) => sum + interval.hits, 0);
  const rate = of === 0 ? 0 : hits / of;
  if (filled.length < MIN_INTERVALS || rate <= 0 || rate >= 1) return 1;
  const chiSquared = filled.reduce((sum, interval) => {
    const expected = interval.of * rate;
    return sum + (interval.hits - expected) ** 2 / (expected * (1 - rate));
  }, 0);
  return Math.max(1, chiSquared / (filled.length - 1));
}

/** The independent events that scattered ones are worth. */
export const effective = ({ hits, of }: Share, scatter: number): Share => ({ hits: hits / scatter, of: of / scatter });
