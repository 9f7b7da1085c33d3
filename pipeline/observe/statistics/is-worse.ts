import { dispersion, effective } from './dispersion.ts';
import { fisherGreater, type Share } from './fisher.ts';

export type Comparison = {
  readonly before: Share;
  readonly after: Share;
  /** The probability of so many hits after, or more, were nothing worse. */
  readonly p: number;
  /** By how much intervals scatter more than independent requests would. */
  readonly scatter: number;
};

/** Compares the rate of hits before and after, interval by interval. */
export function compare(before: readonly Share[], after: readonly Share[]): Comparison {
  const sides = { before: sumOf(before), after: sumOf(after) };
  const scatter = Math.max(dispersion(before), dispersion(after));
  const p = fisherGreater(effective(sides.before, scatter), effective(sides.after, scatter));
  return { ...sides, p, scatter };
}

export const sumOf = (shares: readonly Share[]): Share =>
  shares.reduce((sum, { hits, of }) => ({ hits: sum.hits + hits, of: sum.of + of }), { hits: 0, of: 0 });

export const rateOf = ({ hits, of }: Share): number => (of === 0 ? 0 : hits / of);

/**
 * How small `p` must be at one look, so that all looks together raise a false alarm with a probability of at most `significance`
 * (union bound): half of it is for the last look, the other half is shared by the looks before.
 */
export const spentAt = (significance: number, looks: number, last: boolean): number =>
  last ? significance / 2 : significance / 2 / Math.max(1, looks - 1);
