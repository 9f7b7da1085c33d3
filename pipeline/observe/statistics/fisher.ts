import { gammaln } from 'simple-statistics';

/** How many of how many. */
export type Share = { readonly hits: number; readonly of: number };

/**
 * Fisher's exact test, one-sided: the probability that at least so many of all hits fall into `after` when both sides have one and the
 * same rate. Exact sum of the hypergeometric distribution; holds for small counts too. Numbers are rounded to whole ones.
 */
export function fisherGreater(before: Share, after: Share): number {
  const n1 = Math.round(after.of);
  const n = Math.round(before.of) + n1;
  const observed = Math.round(after.hits);
  const hits = Math.round(before.hits) + observed;
  const most = Math.min(hits, n1);
  if (observed <= Math.max(0, hits + n1 - n)) return 1;
  let term = Math.exp(logChoose(hits, observed) + logChoose(n - hits, n1 - observed) - logChoose(n, n1));
  let sum = 0;
  for (let k = observed; k <= most; k += 1) {
    sum += term;
    const next = term * (((hits - k) * (n1 - k)) / ((k + 1) * (n - hits - n1 + k + 1)));
    // What is left is smaller than a geometric series of these two.
    if (next < sum * 1e-12 && next < term) break;
    term = next;
  }
  return Math.min(1, sum);
}

const logChoose = (n: number, k: number): number =>
  k < 0 || k > n ? Number.NEGATIVE_INFINITY : gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
