/**
 * The binomial distribution, summed exactly: k successes of n independent trials of probability p. Terms are added in the
 * order of their logarithms' table, so that n of 100,000 neither overflows nor takes more than a few milliseconds.
 */
const tables: { logFactorial: Float64Array } = { logFactorial: new Float64Array(1) };

function logFactorials(n: number): Float64Array {
  if (tables.logFactorial.length <= n) {
    const longer = new Float64Array(Math.max(n + 1, 2 * tables.logFactorial.length));
    for (let k = 1; k < longer.length; k += 1) longer[k] = (longer[k - 1] ?? 0) + Math.log(k);
    tables.logFactorial = longer;
  }
  return tables.logFactorial;
}

/** P(X = k) */
export function binomialMass(n: number, p: number, k: number): number {
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  const logs = logFactorials(n);
  const ways = (logs[n] ?? 0) - (logs[k] ?? 0) - (logs[n - k] ?? 0);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** The counts that are not surprising, both ends included. */
export type CountRange = { readonly low: number; readonly high: number };

/**
 * The counts k for which neither P(X ≤ k) nor P(X ≥ k) is at most `tail`. A count outside comes about by chance with a
 * probability of at most 2 × `tail`.
 */
export function acceptedCounts(n: number, p: number, tail: number): CountRange {
  let low = 0;
  for (let below = binomialMass(n, p, 0); below <= tail && low < n; below += binomialMass(n, p, low)) low += 1;
  let high = n;
  for (let above = binomialMass(n, p, n); above <= tail && high > 0; above += binomialMass(n, p, high)) high -= 1;
  return { low, high: Math.max(low, high) };
}

/** P(X outside of `range`) */
export function probabilityOutside(n: number, p: number, { low, high }: CountRange): number {
  let inside = 0;
  for (let k = low; k <= high; k += 1) inside += binomialMass(n, p, k);
  return Math.min(1, Math.max(0, 1 - inside));
}
