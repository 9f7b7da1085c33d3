import type { JsonObject } from '../../../render/json.ts';
import { objectAt, textAt } from '../../../render/read-json.ts';
import { type Answer, answer, regexAnswer, regexOf, regexSamples } from '../../matching/string-matcher.ts';

/** Evaluates the path part of a `RouteMatch` for a path without query. */
export function matchesPath(match: JsonObject, path: string): Answer {
  const fold = (text: string) => (match.caseSensitive === false ? text.toLowerCase() : text);
  const { prefix, path: exact, pathSeparatedPrefix } = match;
  if (typeof prefix === 'string') return answer(fold(path).startsWith(fold(prefix)));
  if (typeof exact === 'string') return answer(fold(path) === fold(exact));
  if (typeof pathSeparatedPrefix === 'string') {
    const [text, start] = [fold(path), fold(pathSeparatedPrefix)];
    return answer(text === start || text.startsWith(`${start}/`));
  }
  const regex = regexOf(match.safeRegex) ?? templateRegex(match);
  if (regex !== undefined) return regexAnswer(regex, path);
  // CONNECT has no path; checks send none.
  return objectAt(match, 'connectMatcher') ? 'no' : 'unknown';
}

/** Paths that the match takes, natural ones first. */
export function pathSamples(match: JsonObject): readonly string[] {
  const { prefix, path: exact, pathSeparatedPrefix } = match;
  if (typeof prefix === 'string') {
    const slash = prefix.endsWith('/') ? prefix : `${prefix}/`;
    const start = prefix === '' ? '/' : prefix;
    return [
      start,
      `${slash}meshgate`,
      `${prefix}meshgate`,
      `${slash}meshgate/check`,
      `${prefix}-meshgate`,
      `${slash}a.b/c_d`,
    ];
  }
  if (typeof exact === 'string')
    return match.caseSensitive === false ? [exact, exact.toUpperCase(), exact.toLowerCase()] : [exact];
  if (typeof pathSeparatedPrefix === 'string') {
    return [pathSeparatedPrefix, `${pathSeparatedPrefix}/meshgate`, `${pathSeparatedPrefix}/meshgate/check`];
  }
  const regex = regexOf(match.safeRegex) ?? templateRegex(match);
  return regex === undefined ? [] : regexSamples(regex).filter((path) => path.startsWith('/'));
}

const LITERAL = "[a-zA-Z0-9-._~%!$&'()+,;:@=]";

/**
 * A URI template as a regular expression: `*` is one path segment, `**` any rest, `{name}` a segment, `{name=…}` what stands in it.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/path/match/uri_template/v3/uri_template_match.proto
 */
function templateRegex(match: JsonObject): string | undefined {
  const template = textAt(match, 'pathMatchPolicy', 'typedConfig', 'pathTemplate');
  if (template === undefined) return undefined;
  let regex = '';
  for (const piece of template.matchAll(/\{\w+(?:=([^}]*))?\}|\*\*|\*|[^*{]+/g)) {
    regex += piece[0].startsWith('{') ? patternRegex(piece[1] ?? '*') : patternRegex(piece[0]);
  }
  return regex;
}

const patternRegex = (pattern: string): string =>
  [...pattern.matchAll(/\*\*|\*|[^*]+/g)]
    .map(([piece]) => (piece === '**' ? '(?:[^/]+(?:/[^/]+)*)?' : piece === '*' ? `${LITERAL}+` : `\\Q${piece}\\E`))
    .join('');
