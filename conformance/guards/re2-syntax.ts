/**
 * What is wrong with `pattern` as an RE2 expression, in RE2's own words; undefined where nothing is found. It looks for the faults that
 * RE2 surely refuses (it has no look-around and no back-references, and wants something to repeat), not for all there are.
 */
export function re2Fault(pattern: string): string | undefined {
  let depth = 0;
  /** Whether something stands before that a `*` could repeat; `repeated`: it was repeated already. */
  let atom: 'none' | 'atom' | 'repeated' = 'none';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    if (char === '\\') {
      const next = pattern[at + 1];
      if (next === undefined) return 'trailing \\ at end of expression';
      if (next === 'Q') {
        const end = pattern.indexOf('\\E', at + 2);
        if (end === -1) return undefined;
        at = end + 1;
        atom = 'atom';
        continue;
      }
      if (/[1-9]/.test(next)) return `invalid escape sequence: \\${next} (no back-references)`;
      if (/[eghijkloqRuXyY]/.test(next) || next === 'G' || next === 'K' || next === 'Z')
        return `invalid escape sequence: \\${next}`;
      if ((next === 'p' || next === 'P' || next === 'x') && pattern[at + 2] === '{') {
        const end = pattern.indexOf('}', at);
        if (end === -1) return `invalid escape sequence: \\${next}{`;
        at = end;
      } else at += 1;
      atom = 'atom';
    } else if (char === '[') {
      const end = classEnd(pattern, at);
      if (end === undefined) return 'missing ]';
      at = end;
      atom = 'atom';
    } else if (char === '(') {
      depth += 1;
      atom = 'none';
      if (pattern[at + 1] !== '?') continue;
      const group = /^\(\?(?:P?<[A-Za-z0-9_]+>|[imsU]*(?:-[imsU]+)?[:)])/.exec(pattern.slice(at));
      if (!group) return `invalid perl operator: ${pattern.slice(at, at + 4)} (no look-around)`;
      if (group[0].endsWith(')')) depth -= 1;
      at += group[0].length - 1;
    } else if (char === ')') {
      if (depth === 0) return 'unexpected )';
      depth -= 1;
      atom = 'atom';
    } else if (char === '|') atom = 'none';
    else if (char === '*' || char === '+' || char === '?' || /^\{\d+(,\d*)?\}/.test(pattern.slice(at))) {
      const operator = char === '{' ? (/^\{[^}]*\}/.exec(pattern.slice(at))?.[0] ?? char) : char;
      if (atom === 'none') return `no argument for repetition operator: ${operator}`;
      if (atom === 'repeated') return `bad repetition operator: ${pattern[at - 1]}${operator}`;
      at += operator.length - 1;
      if (pattern[at + 1] === '?') at += 1;
      atom = 'repeated';
    } else atom = 'atom';
  }
  return depth > 0 ? 'missing )' : undefined;
}

/** The index of the `]` that closes the class opened at `start`. */
function classEnd(pattern: string, start: number): number | undefined {
  let at = start + 1;
  if (pattern[at] === '^') at += 1;
  if (pattern[at] === ']') at += 1;
  for (; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === '[' && pattern[at + 1] === ':') {
      const end = pattern.indexOf(':]', at + 2);
      if (end !== -1) at = end + 1;
    } else if (char === ']') return at;
  }
  return undefined;
}
