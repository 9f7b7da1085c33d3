import type { Finding } from '../../../render/finding.ts';
import type { RequestCheck } from '../check.ts';
import type { Exchange } from './exchange.ts';
import { fault } from './fault.ts';

/** The smallest value that at least `percent` of them do not exceed (nearest rank). `sorted` ascends and is not empty. */
export const nearestRank = (sorted: readonly number[], percent: number): number =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;

/** Bounds on the time that whole answers took: coarse ones, for timeouts and delays. */
export function judgeLatency(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const bounds = check.expect.latencyMs;
  const sorted = exchanges
    .flatMap(({ answer }) => (answer.kind === 'answer' ? [answer.latencyMs] : []))
    .sort((a, b) => a - b);
  if (!bounds || sorted.length === 0) return [];
  const seen = {
    min: sorted[0] ?? 0,
    p50: nearestRank(sorted, 50),
    p99: nearestRank(sorted, 99),
    max: sorted.at(-1) ?? 0,
  };
  return (['min', 'p50', 'p99', 'max'] as const).flatMap((name) => {
    const bound = bounds[name];
    if (bound === undefined || (name === 'min' ? seen.min >= bound : seen[name] <= bound)) return [];
    const saw = `${name} ${Math.round(seen[name])} ms (of ${sorted.length}: min ${Math.round(seen.min)}, p50 ${Math.round(seen.p50)}, p99 ${Math.round(seen.p99)}, max ${Math.round(seen.max)} ms)`;
    return [
      fault(
        check,
        'check-latency',
        `latency.${name}`,
        saw,
        `${name} ${name === 'min' ? 'at least' : 'at most'} ${bound} ms`,
      ),
    ];
  });
}
