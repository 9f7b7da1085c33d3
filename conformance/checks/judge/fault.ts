import type { Finding } from '../../../render/finding.ts';
import type { RequestCheck } from '../check.ts';
import type { CheckRule } from '../rules.ts';
import type { Exchange } from './exchange.ts';

/** A finding of a check, at the line of the expectation that it breaks. `place` is the path below `expect`, joined by dots. */
export const fault = (check: RequestCheck, rule: CheckRule, place: string, saw: string, want: string): Finding => ({
  rule,
  severity: 'error',
  at: check.places?.[place] ?? check.places?.[place.split('.')[0] ?? place] ?? check.at,
  saw,
  want,
});

const MOST_KINDS = 3;

/**
 * One finding for all the requests that broke an expectation: like ones are counted together, the most frequent first.
 * `describe` says what is wrong with an exchange, or nothing where it is as expected.
 */
export function faultOfMany(
  check: RequestCheck,
  exchanges: readonly Exchange[],
  rule: CheckRule,
  place: string,
  want: string,
  describe: (exchange: Exchange) => string | undefined,
): readonly Finding[] {
  const counts = new Map<string, number>();
  let broken = 0;
  for (const exchange of exchanges) {
    const saw = describe(exchange);
    if (saw === undefined) continue;
    broken += 1;
    counts.set(saw, (counts.get(saw) ?? 0) + 1);
  }
  if (broken === 0) return [];
  const kinds = [...counts].sort(([, a], [, b]) => b - a);
  const shown = kinds.slice(0, MOST_KINDS).map(([saw, count]) => (exchanges.length === 1 ? saw : `${count}× ${saw}`));
  const rest = kinds.length > MOST_KINDS ? ` | and ${kinds.length - MOST_KINDS} other kinds` : '';
  const head = exchanges.length === 1 ? '' : `${broken} of ${exchanges.length} requests: `;
  return [fault(check, rule, place, `${head}${shown.join(' | ')}${rest}`, want)];
}
