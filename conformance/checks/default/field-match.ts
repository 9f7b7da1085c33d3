import type { JsonObject } from '../../../render/json.ts';
import { numberAt, objectAt, textAt } from '../../../render/read-json.ts';
import { type Answer, answer, matchesString, not, regexOf, sampleStrings } from '../../matching/string-matcher.ts';
import { cookiesOf, headerOf, type Probe, queryOf } from './probe.ts';

/** The string matcher that a header matcher amounts to, its deprecated spellings included; undefined for range and presence. */
export function headerStringMatcher(matcher: JsonObject): JsonObject | undefined {
  const { exactMatch, prefixMatch, suffixMatch, containsMatch, safeRegexMatch } = matcher;
  if (typeof exactMatch === 'string') return { exact: exactMatch };
  if (typeof prefixMatch === 'string') return { prefix: prefixMatch };
  if (typeof suffixMatch === 'string') return { suffix: suffixMatch };
  if (typeof containsMatch === 'string') return { contains: containsMatch };
  if (regexOf(safeRegexMatch) !== undefined) return { safeRegex: safeRegexMatch ?? {} };
  return objectAt(matcher, 'stringMatch');
}

/** Evaluates an `envoy.config.route.v3.HeaderMatcher`. A header that is missing fits no value matcher, inverted or not. */
export function matchesHeader(matcher: JsonObject, probe: Probe): Answer {
  const found = headerOf(probe, (textAt(matcher, 'name') ?? '').toLowerCase());
  const invert = (of: Answer) => (matcher.invertMatch === true ? not(of) : of);
  const strings = headerStringMatcher(matcher);
  const range = objectAt(matcher, 'rangeMatch');
  if (!strings && !range) return invert(answer((found !== undefined) === (matcher.presentMatch !== false)));
  const value = found ?? (matcher.treatMissingHeaderAsEmpty === true ? '' : undefined);
  if (value === undefined) return 'no';
  if (strings) return invert(matchesString(strings, value));
  const number = /^-?\d+$/.test(value) ? Number(value) : undefined;
  const { start, end } = rangeOf(range);
  return invert(answer(number !== undefined && number >= start && number < end));
}

const rangeOf = (range: JsonObject | undefined) => ({
  start: numberAt(range, 'start') ?? 0,
  end: numberAt(range, 'end') ?? 0,
});

/** Values worth trying for the header; undefined stands for leaving it out. */
export function headerSamples(matcher: JsonObject): readonly (string | undefined)[] {
  const strings = headerStringMatcher(matcher);
  const range = objectAt(matcher, 'rangeMatch');
  const others = ['meshgate', '1', 'x', ''];
  if (!strings && !range)
    return (matcher.presentMatch !== false) === (matcher.invertMatch === true) ? [undefined] : others;
  if (matcher.invertMatch === true) return [...others, undefined];
  if (strings) return [...sampleStrings(strings), ...(matcher.treatMissingHeaderAsEmpty === true ? [undefined] : [])];
  const { start, end } = rangeOf(range);
  return [String(start), String(end - 1)];
}

export function matchesQueryParameter(matcher: JsonObject, probe: Probe): Answer {
  const value = queryOf(probe).get(textAt(matcher, 'name') ?? '');
  if (matcher.presentMatch === false) return answer(value === undefined);
  if (value === undefined) return 'no';
  const strings = objectAt(matcher, 'stringMatch');
  return strings ? matchesString(strings, value) : 'yes';
}

export function matchesCookie(matcher: JsonObject, probe: Probe): Answer {
  const value = cookiesOf(probe).get(textAt(matcher, 'name') ?? '');
  if (value === undefined) return answer(matcher.invertMatch === true);
  const strings = objectAt(matcher, 'stringMatch');
  const found = strings ? matchesString(strings, value) : 'yes';
  return matcher.invertMatch === true ? not(found) : found;
}
