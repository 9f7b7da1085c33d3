import type { MapEdge } from '../../../api/types/mesh-map.ts';
import { latencyWords, percentWords, rateWords } from '../../format/numbers.ts';

/** `44/s, 0.05 % fail, p99 86 ms`. */
export function edgeWords({ requests, requestsPerSecond, failureShare, p99Ms }: MapEdge): string {
  if (requests === 0) return 'configured, no requests';
  const parts = [rateWords(requestsPerSecond)];
  if (failureShare !== undefined && failureShare > 0) parts.push(`${percentWords(failureShare)} fail`);
  if (p99Ms !== undefined) parts.push(`p99 ${latencyWords(p99Ms)}`);
  return parts.join(', ');
}

/** Wider with more requests, by their logarithm: 1 to 5. */
export const edgeWidth = (requestsPerSecond: number): number =>
  Math.round((1 + Math.min(4, Math.log10(1 + requestsPerSecond))) * 10) / 10;
