import type { Finding } from '../../../render/finding.ts';
import type { RequestCheck } from '../check.ts';
import type { Exchange } from './exchange.ts';
import { fault, faultOfMany } from './fault.ts';
import { shareTolerance } from './share-tolerance.ts';

const copiedTo = ({ copies }: Exchange, cluster: string): boolean =>
  copies.some(({ host }) => host.cluster === cluster);

/** Each request is copied to every stated cluster; with an empty list, to none. */
export function judgeMirror(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { mirroredTo } = check.expect;
  if (!mirroredTo) return [];
  if (mirroredTo.length === 0) {
    return faultOfMany(check, exchanges, 'check-mirror', 'mirroredTo', 'no copy of any request', ({ copies }) =>
      copies.length === 0 ? undefined : `a copy to ${[...new Set(copies.map(({ host }) => host.cluster))].join(', ')}`,
    );
  }
  return faultOfMany(
    check,
    exchanges,
    'check-mirror',
    'mirroredTo',
    `a copy of each request to ${mirroredTo.join(' and ')}`,
    (exchange) => {
      const missing = mirroredTo.filter((cluster) => !copiedTo(exchange, cluster));
      return missing.length === 0 ? undefined : `no copy to ${missing.join(', ')}`;
    },
  );
}

/** A percentage of the requests is copied, to within what chance allows for their number. */
export function judgeMirrorShares(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { mirrorShares } = check.expect;
  if (!mirrorShares) return [];
  const total = exchanges.length;
  return [...shareTolerance(mirrorShares, total)].flatMap(([cluster, { low, high }]) => {
    const count = exchanges.filter((exchange) => copiedTo(exchange, cluster)).length;
    if (count >= low && count <= high) return [];
    const want = `${mirrorShares[cluster]} % copied to ${cluster}: ${low} to ${high} of ${total}`;
    return [fault(check, 'check-mirror', 'mirroredTo', `${count} of ${total} requests copied to ${cluster}`, want)];
  });
}
