import type { JsonObject, JsonValue } from '../../render/json.ts';
import { objectAt, stringAt } from '../../render/read-json.ts';
import { canonicalJson } from '../../render/snapshot.ts';

const PATH_KEYS = [
  'prefix',
  'path',
  'pathSeparatedPrefix',
  'safeRegex',
  'connectMatcher',
  'pathMatchPolicy',
  'caseSensitive',
];
/** Conditions that all must hold; each list is one condition per member. */
const LIST_CONDITIONS = ['headers', 'queryParameters', 'dynamicMetadata', 'filterState', 'cookies'];

/**
 * Whether every request that `later` matches is matched by `earlier` too. Only what is certain is said: anything not understood
 * makes it false.
 */
export function covers(earlier: JsonObject, later: JsonObject): boolean {
  if (earlier.runtimeFraction !== undefined) return false;
  return coversPath(earlier, later) && coversConditions(earlier, later);
}

function coversConditions(earlier: JsonObject, later: JsonObject): boolean {
  for (const key of Object.keys(earlier)) {
    if (PATH_KEYS.includes(key)) continue;
    const condition = earlier[key];
    if (condition === undefined) continue;
    if (LIST_CONDITIONS.includes(key) && Array.isArray(condition)) {
      const given = new Set(membersOf(later[key]).map(canonicalJson));
      if (!condition.every((one) => given.has(canonicalJson(one)))) return false;
    } else if (later[key] === undefined || canonicalJson(condition) !== canonicalJson(later[key] ?? null)) return false;
  }
  return true;
}

const membersOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);

function coversPath(earlier: JsonObject, later: JsonObject): boolean {
  if ('connectMatcher' in later || 'connectMatcher' in earlier) return false;
  const any = stringAt(earlier, 'prefix');
  const insensitive = earlier.caseSensitive === false;
  // `a` in any case is more than `a`: an insensitive later match is only covered by an insensitive earlier one.
  if (!insensitive && later.caseSensitive === false && any !== '/' && any !== '') return false;
  const fold = (text: string): string => (insensitive ? text.toLowerCase() : text);
  if ('prefix' in earlier || isBare(earlier)) {
    const start = fold(any);
    const wanted = leastPath(later);
    if (wanted !== undefined) return fold(wanted).startsWith(start);
    return start === '' || (start === '/' && regexStartsWithSlash(later));
  }
  if ('pathSeparatedPrefix' in earlier) {
    const start = fold(stringAt(earlier, 'pathSeparatedPrefix'));
    const whole = later.path ?? later.pathSeparatedPrefix;
    if (typeof whole === 'string') return fold(whole) === start || fold(whole).startsWith(`${start}/`);
    return typeof later.prefix === 'string' && fold(later.prefix).startsWith(`${start}/`);
  }
  if ('path' in earlier) return typeof later.path === 'string' && fold(later.path) === fold(stringAt(earlier, 'path'));
  if ('safeRegex' in earlier) {
    const pattern = stringAt(objectAt(earlier, 'safeRegex'), 'regex');
    if (pattern === '.*') return true;
    if (pattern === '/.*') return leastPath(later)?.startsWith('/') ?? regexStartsWithSlash(later);
    return pattern === stringAt(objectAt(later, 'safeRegex'), 'regex') && 'safeRegex' in later;
  }
  const policy = earlier.pathMatchPolicy;
  return (
    policy !== undefined &&
    later.pathMatchPolicy !== undefined &&
    canonicalJson(policy) === canonicalJson(later.pathMatchPolicy)
  );
}

/** A match on the empty prefix: canonical JSON may leave the empty text out. */
const isBare = (match: JsonObject): boolean => !PATH_KEYS.some((key) => key !== 'caseSensitive' && key in match);

/** What every path that the match takes starts with; undefined where that is not known. */
function leastPath(match: JsonObject): string | undefined {
  for (const key of ['prefix', 'path', 'pathSeparatedPrefix']) {
    const value = match[key];
    if (typeof value === 'string') return value;
  }
  return isBare(match) ? '' : undefined;
}

const regexStartsWithSlash = (match: JsonObject): boolean =>
  /^\^?\//.test(stringAt(objectAt(match, 'safeRegex'), 'regex')) &&
  !stringAt(objectAt(match, 'safeRegex'), 'regex').includes('|');

/** Where a match is filed so that those which it may cover find it: see `coverKeysOf`. */
export function coverKeyOf(match: JsonObject): string {
  const start = match.prefix ?? match.pathSeparatedPrefix ?? match.path;
  if (typeof start === 'string') return `start ${start.toLowerCase()}`;
  if ('safeRegex' in match) return `regex ${stringAt(objectAt(match, 'safeRegex'), 'regex')}`;
  if (match.pathMatchPolicy !== undefined) return `policy ${canonicalJson(match.pathMatchPolicy)}`;
  return 'start ';
}

/** The keys of every match that may cover `match`: thousands of routes are then compared with the few that matter. */
export function coverKeysOf(match: JsonObject): readonly string[] {
  const keys = ['start ', 'start /', 'regex .*', 'regex /.*', coverKeyOf(match)];
  const path = (leastPath(match) ?? '').toLowerCase();
  for (let length = 2; length < path.length; length++) keys.push(`start ${path.slice(0, length)}`);
  return [...new Set(keys)];
}
