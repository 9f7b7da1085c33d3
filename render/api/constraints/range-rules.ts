import type { JsonValue } from '../../json.ts';
import { given, type Rules } from './rules-message.ts';

type Comparable = number | bigint;
type DurationMessage = { readonly seconds: bigint; readonly nanos: number };

const NANOS = 1_000_000_000n;

/** Nanoseconds of a canonical duration such as `0.250s`. */
export function comparableDuration(value: JsonValue): bigint {
  const [, sign = '', seconds = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?s$/.exec(String(value)) ?? [];
  const nanos = BigInt(seconds) * NANOS + BigInt(fraction.padEnd(9, '0') || '0');
  return sign ? -nanos : nanos;
}

const comparable = (bound: Comparable | DurationMessage): Comparable =>
  typeof bound === 'object' ? bound.seconds * NANOS + BigInt(bound.nanos) : bound;

function inWords(bound: Comparable | DurationMessage): string {
  if (typeof bound !== 'object') return String(bound);
  const fraction = String(bound.nanos).padStart(9, '0').replace(/0+$/, '');
  return `${bound.seconds}${fraction ? `.${fraction}` : ''}s`;
}

/** The rules that numbers and durations share: `const`, `lt`, `lte`, `gt`, `gte`, `in`, `not_in`, `ignore_empty`. */
export function rangeProblems(rules: Rules, value: Comparable): readonly string[] {
  // biome-ignore lint/suspicious/noDoubleEquals: 0 and 0n are the same empty value
  if (given<boolean>(rules, 'ignoreEmpty') && value == 0) return [];
  const bound = (name: string) => given<Comparable | DurationMessage>(rules, name);
  const bounds = (name: string) => given<readonly (Comparable | DurationMessage)[]>(rules, name) ?? [];
  const constant = bound('const');
  const allowed = bounds('in');
  const refused = bounds('notIn');
  const wants: string[] = [];
  // biome-ignore lint/suspicious/noDoubleEquals: a bound may be a bigint where the value is a number
  const same = (other: Comparable | DurationMessage): boolean => comparable(other) == value;
  if (constant !== undefined && !same(constant)) wants.push(inWords(constant));
  if (allowed.length > 0 && !allowed.some(same)) wants.push(`one of ${allowed.map(inWords).join(', ')}`);
  if (refused.some(same)) wants.push(`none of ${refused.map(inWords).join(', ')}`);
  const range = rangeProblem(bound('gt'), bound('gte'), bound('lt'), bound('lte'), value);
  return range ? [...wants, range] : wants;
}

/** A lower bound above the upper one means "outside of the two", as protoc-gen-validate defines it. */
function rangeProblem(
  gt: Comparable | DurationMessage | undefined,
  gte: Comparable | DurationMessage | undefined,
  lt: Comparable | DurationMessage | undefined,
  lte: Comparable | DurationMessage | undefined,
  value: Comparable,
): string | undefined {
  const low = gt ?? gte;
  const high = lt ?? lte;
  const aboveLow = gt !== undefined ? value > comparable(gt) : gte === undefined || value >= comparable(gte);
  const belowHigh = lt !== undefined ? value < comparable(lt) : lte === undefined || value <= comparable(lte);
  const lowText = low === undefined ? '' : `${gt !== undefined ? 'more than' : 'at least'} ${inWords(low)}`;
  const highText = high === undefined ? '' : `${lt !== undefined ? 'less than' : 'at most'} ${inWords(high)}`;
  if (low !== undefined && high !== undefined && comparable(high) < comparable(low))
    return aboveLow || belowHigh ? undefined : `${highText} or ${lowText}`;
  if (aboveLow && belowHigh) return undefined;
  return [lowText, highText].filter(Boolean).join(' and ');
}
