import type { Finding } from '../../../render/finding.ts';
import type { RequestCheck } from '../check.ts';
import { answeringCluster, type Exchange } from './exchange.ts';
import { fault } from './fault.ts';
import { shareTolerance } from './share-tolerance.ts';

const percentOf = (count: number, total: number): string => `${((100 * count) / total).toFixed(1)} %`;

/** Held to within what chance allows (`share-tolerance.ts`); clusters without a stated share may answer nothing at all. */
export function judgeShares(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { shares } = check.expect;
  const total = exchanges.length;
  if (!shares || total === 0) return [];
  const counts = new Map<string, number>();
  for (const exchange of exchanges) {
    const cluster = answeringCluster(exchange) ?? 'no host';
    counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  }
  const seen = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([cluster, count]) => `${cluster} ${count} (${percentOf(count, total)})`);
  const tolerance = shareTolerance(shares, total);
  const off = [...tolerance].filter(([cluster, { low, high }]) => {
    const count = counts.get(cluster) ?? 0;
    return count < low || count > high;
  });
  const strangers = [...counts.keys()].filter((cluster) => !(cluster in shares));
  if (off.length === 0 && strangers.length === 0) return [];
  const want = [...tolerance].map(
    ([cluster, { low, high }]) => `${cluster} ${shares[cluster]} % (${low} to ${high} of ${total})`,
  );
  return [fault(check, 'check-shares', 'shares', seen.join(', '), `${want.join(', ')}, and nobody else`)];
}
