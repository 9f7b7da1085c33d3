import type { Finding } from '../../../render/finding.ts';
import { nearestNames } from '../../../render/nearest-names.ts';
import type { RequestCheck, StatExpectation } from '../check.ts';
import { fault } from './fault.ts';

export type Stats = ReadonlyMap<string, number>;

const isWithin = (value: number, range: { readonly min?: number; readonly max?: number }): boolean =>
  value >= (range.min ?? -Infinity) && value <= (range.max ?? Infinity);

const rangeText = ({ min, max }: { readonly min?: number; readonly max?: number }): string =>
  min === max
    ? `${min}`
    : max === undefined
      ? `at least ${min}`
      : min === undefined
        ? `at most ${max}`
        : `${min} to ${max}`;

/** A counter that Envoy has not made yet reads as 0. */
export function statHolds({ name, delta, value }: StatExpectation, before: Stats, after: Stats): boolean {
  const now = after.get(name) ?? 0;
  return (!delta || isWithin(now - (before.get(name) ?? 0), delta)) && (!value || isWithin(now, value));
}

// Envoy makes these the first time that such an answer is seen: until then, not there means 0.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats#dynamic-http-statistics
const MADE_WHEN_SEEN = /^(.+\.)(?:[a-z]+_)*rq_(?:[1-5]xx|[1-5]\d\d|completed)$/;

function isMadeWhenSeen(name: string, known: readonly string[]): boolean {
  const prefix = MADE_WHEN_SEEN.exec(name)?.[1];
  return prefix !== undefined && known.some((other) => other.startsWith(prefix));
}

/** `known`: names of the stats that Envoy has, to tell a slip of the pen from a counter that did not move. */
export function judgeStats(
  check: RequestCheck,
  before: Stats,
  after: Stats,
  known: readonly string[],
): readonly Finding[] {
  return (check.expect.stats ?? []).flatMap((expected) => {
    const { name, delta, value } = expected;
    const place = `stats.${name}`;
    const want = [
      ...(delta ? [`${name} to grow by ${rangeText(delta)}`] : []),
      ...(value ? [`${name} to be ${rangeText(value)}`] : []),
    ].join(' and ');
    // "+0" or "=0" of a stat that is not there would hold whatever happens: a misspelt name must not pass.
    if (!after.has(name) && !(isMadeWhenSeen(name, known) && statHolds(expected, before, after))) {
      const near = nearestNames(name, known);
      const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
      return [fault(check, 'check-stats', place, `no stat ${name} in this Envoy`, `${want}${hint}`)];
    }
    if (statHolds(expected, before, after)) return [];
    const saw = `${name} went from ${before.get(name) ?? 0} to ${after.get(name) ?? 0}`;
    return [fault(check, 'check-stats', place, saw, want)];
  });
}
