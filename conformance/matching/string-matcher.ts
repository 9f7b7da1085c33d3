import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import { regexMatcher } from './regex-match.ts';
import { samplesOf } from './regex-sample.ts';
import { RegexSyntaxError } from './regex-syntax.ts';

/** `unknown`: it hangs on something that is not to be seen from the configuration, or on a regex that is not understood. */
export type Answer = 'yes' | 'no' | 'unknown';
export const answer = (holds: boolean): Answer => (holds ? 'yes' : 'no');
export const not = (of: Answer): Answer => (of === 'unknown' ? of : answer(of === 'no'));

export function regexAnswer(pattern: string, value: string): Answer {
  try {
    return answer(regexMatcher(pattern).matches(value));
  } catch (error) {
    if (error instanceof RegexSyntaxError) return 'unknown';
    throw error;
  }
}

export function regexSamples(pattern: string): readonly string[] {
  try {
    return samplesOf(pattern);
  } catch (error) {
    if (error instanceof RegexSyntaxError) return [];
    throw error;
  }
}

export const regexOf = (holder: JsonValue | undefined): string | undefined =>
  isJsonObject(holder) && typeof holder.regex === 'string' ? holder.regex : undefined;

/** Evaluates an `envoy.type.matcher.v3.StringMatcher`. */
export function matchesString(matcher: JsonObject, value: string): Answer {
  const fold = (text: string) => (matcher.ignoreCase === true ? text.toLowerCase() : text);
  const { exact, prefix, suffix, contains } = matcher;
  if (typeof exact === 'string') return answer(fold(value) === fold(exact));
  if (typeof prefix === 'string') return answer(fold(value).startsWith(fold(prefix)));
  if (typeof suffix === 'string') return answer(fold(value).endsWith(fold(suffix)));
  if (typeof contains === 'string') return answer(fold(value).includes(fold(contains)));
  const regex = regexOf(matcher.safeRegex);
  return regex === undefined ? 'unknown' : regexAnswer(regex, value); // `ignoreCase` has no effect on a regex
}

/** Values that fit the matcher, likely ones first; none if it cannot be told. */
export function sampleStrings(matcher: JsonObject): readonly string[] {
  const { exact, prefix, suffix, contains } = matcher;
  if (typeof exact === 'string') return [exact];
  if (typeof prefix === 'string') return [prefix, `${prefix}x`, `${prefix}meshgate`];
  if (typeof suffix === 'string') return [suffix, `x${suffix}`, `meshgate${suffix}`];
  if (typeof contains === 'string') return [contains, `x${contains}x`];
  const regex = regexOf(matcher.safeRegex);
  return regex === undefined ? [] : regexSamples(regex);
}
