import { editDistance } from '../../nearest-names.ts';

/**
 * The grammar of `${…}` in a text:
 *
 *     expression = "${" space* ( "values" path | "with" path | "service" path | "stage" ) space* "}"
 *     path       = ( "." name )+          name = [A-Za-z0-9_] [A-Za-z0-9_-]*
 *     literal    = "$${"                  stands for "${"
 *
 * Any other `${` stays as it is, for Envoy configuration holds Lua, regular expressions and access-log formats of its own. But
 * `${values`, `${with` or `${stage` before a dot, a space, a bracket, a `}` or the end is meant for us, and must then be well-formed.
 * `${service.…}` is ours in the `with:` of a generator alone, and stays as it is elsewhere.
 */
export type Expression = {
  readonly kind: 'expression';
  readonly root: 'values' | 'with' | 'service' | 'stage';
  readonly path: readonly string[];
  readonly written: string;
};
export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | Expression
  | { readonly kind: 'malformed'; readonly written: string }
  /** Left as it is, yet close to one of ours. */
  | { readonly kind: 'unlikely'; readonly written: string; readonly meant: string };

const OPENING = /\$\$\{|\$\{/g;
const OURS = /\$\{[ \t]*(?:values|with|stage)(?=[.\s[\]}]|$)/y;
const WELL_FORMED = /\$\{[ \t]*(?:(values|with|service)((?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)+)|stage)[ \t]*\}/y;
const FOREIGN = /\$\{[ \t]*([A-Za-z]+)(?:\.[A-Za-z0-9_.-]*)?[ \t]*\}/y;
const ALIKE = ['value', 'params', 'param', 'parameters', 'parameter', 'var', 'vars'];

export const hasExpression = (text: string): boolean => text.includes('${');

export function parseText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let literal = '';
  let from = 0;
  const flush = (): void => {
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
  };
  OPENING.lastIndex = 0;
  for (let opening = OPENING.exec(text); opening; opening = OPENING.exec(text)) {
    const at = opening.index;
    literal += text.slice(from, at);
    from = OPENING.lastIndex;
    if (opening[0] === '$${') {
      literal += '${';
      continue;
    }
    const part = partAt(text, at);
    if (part === undefined) {
      literal += '${';
      continue;
    }
    flush();
    parts.push(part);
    from = at + part.written.length;
    OPENING.lastIndex = from;
  }
  literal += text.slice(from);
  flush();
  return parts;
}

function partAt(text: string, at: number): Exclude<TextPart, { kind: 'text' }> | undefined {
  const expression = matchAt(WELL_FORMED, text, at);
  if (expression) {
    const [written, root, path = ''] = expression;
    return {
      kind: 'expression',
      root: (root ?? 'stage') as Expression['root'],
      path: path.split('.').slice(1),
      written,
    };
  }
  if (matchAt(OURS, text, at)) {
    const end = text.indexOf('}', at);
    return { kind: 'malformed', written: text.slice(at, end === -1 ? at + 80 : Math.min(end + 1, at + 80)) };
  }
  const foreign = matchAt(FOREIGN, text, at);
  if (!foreign) return undefined;
  const [written, word = ''] = foreign;
  const meant = meantRoot(word, written);
  return meant === undefined ? undefined : { kind: 'unlikely', written, meant };
}

function meantRoot(word: string, written: string): string | undefined {
  if (!written.includes('.')) return undefined;
  const lower = word.toLowerCase();
  if (ALIKE.includes(lower)) return lower.startsWith('param') ? 'with' : 'values';
  if (editDistance(lower, 'values', 1) <= 1) return 'values';
  return editDistance(lower, 'with', 1) <= 1 ? 'with' : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
