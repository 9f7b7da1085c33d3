import { acceptedCounts, type CountRange, probabilityOutside } from './binomial.ts';

/**
 * How likely a correct mesh fails one check of shares by chance: at most one in a million.
 *
 * Envoy chooses a cluster for each request independently, so the number of n requests that a cluster with the share p answers
 * is binomial (n, p). Each of the m clusters is held to the counts k with P(X ≤ k) > α/2m and P(X ≥ k) > α/2m, summed exactly;
 * by the union bound (Bonferroni) all of them together are refused by chance with a probability of at most α.
 */
export const FALSE_ALARM = 1e-6;

/** How surely a share that is half or double of what is stated must be seen: in nine of ten runs. */
export const POWER = 0.9;

/** The most requests that one check may send. */
export const MAX_REPEAT = 100_000;

/** For each cluster, the counts of `requests` that chance explains. */
export function shareTolerance(
  sharesPercent: Readonly<Record<string, number>>,
  requests: number,
): ReadonlyMap<string, CountRange> {
  const entries = Object.entries(sharesPercent);
  const tail = FALSE_ALARM / (2 * Math.max(1, entries.length));
  return new Map(entries.map(([cluster, percent]) => [cluster, acceptedCounts(requests, percent / 100, tail)]));
}

/** The first share that this many requests cannot tell from its half or its double, if any. */
export function untoldShare(
  sharesPercent: Readonly<Record<string, number>>,
  requests: number,
): { readonly cluster: string; readonly percent: number; readonly otherPercent: number } | undefined {
  for (const [cluster, range] of shareTolerance(sharesPercent, requests)) {
    const percent = sharesPercent[cluster] ?? 0;
    if (percent <= 0 || percent >= 100) continue;
    for (const otherPercent of [percent / 2, Math.min(100, percent * 2)]) {
      if (probabilityOutside(requests, otherPercent / 100, range) < POWER) return { cluster, percent, otherPercent };
    }
  }
  return undefined;
}

/** The least number of requests that tells every share from its half and its double; undefined where `MAX_REPEAT` is too few. */
export function leastRequests(sharesPercent: Readonly<Record<string, number>>): number | undefined {
  const tells = (requests: number): boolean => untoldShare(sharesPercent, requests) === undefined;
  let enough = 1;
  while (!tells(enough)) {
    if (enough >= MAX_REPEAT) return undefined;
    enough = Math.min(MAX_REPEAT, enough * 2);
  }
  for (let tooFew = Math.floor(enough / 2); enough - tooFew > 1; ) {
    const middle = (enough + tooFew) >> 1;
    if (tells(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
