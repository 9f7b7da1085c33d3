import { type CharRange, DIGIT, foldCase, LAST, negate, POSIX, SPACE, WORD } from './char-ranges.ts';

/** A regular expression of Envoy (RE2 syntax) as a tree; classes are resolved to ranges of code points, case folding included. */
export type Regex =
  | { readonly kind: 'chars'; readonly ranges: readonly CharRange[] }
  | { readonly kind: 'concat'; readonly parts: readonly Regex[] }
  | { readonly kind: 'alternatives'; readonly options: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly of: Regex; readonly min: number; readonly max: number }
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' | 'word' | 'not-word' };

/** A construct that this parser does not know (Unicode classes mostly) or text that is no regular expression. */
export class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError';
}

const CONTROL: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7 };
/** RE2 refuses larger counts. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 200;

type Flags = { readonly ignoreCase: boolean; readonly dotAll: boolean; readonly multiLine: boolean };

/** Throws `RegexSyntaxError`. */
export function parseRegex(text: string): Regex {
  const parser = new Parser(text);
  return parser.whole();
}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, dotAll: false, multiLine: false };

  constructor(text: string) {
    this.#chars = [...text];
  }

  whole(): Regex {
    const regex = this.#alternatives();
    if (this.#at < this.#chars.length) throw this.#error('unmatched )');
    return regex;
  }

  #error(problem: string): RegexSyntaxError {
    return new RegexSyntaxError(`${problem} at character ${this.#at + 1} of ${this.#chars.join('')}`);
  }

  #peek(offset = 0): string | undefined {
    return this.#chars[this.#at + offset];
  }

  #take(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#chars[this.#at + i] !== text[i]) return false;
    this.#at += text.length;
    return true;
  }

  #alternatives(): Regex {
    const options: Regex[] = [this.#concat()];
    while (this.#take('|')) options.push(this.#concat());
    return options.length === 1 && options[0] ? options[0] : { kind: 'alternatives', options };
  }

  #concat(): Regex {
    const parts: Regex[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      const atom = this.#atom();
      if (atom) parts.push(this.#repeated(atom));
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'concat', parts };
  }

  #repeated(atom: Regex): Regex {
    let of = atom;
    for (;;) {
      const counts = this.#counts();
      if (!counts) return of;
      this.#take('?'); // lazy or greedy: the same strings match
      of = { kind: 'repeat', of, min: counts[0], max: counts[1] };
    }
  }

  #counts(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return undefined;
    const rest = /^\{(\d+)(,(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 12).join(''));
    if (!rest) return undefined; // a literal brace
    this.#at += rest[0].length;
    const min = Number(rest[1]);
    const max = rest[2] === undefined ? min : rest[3] === '' ? Number.POSITIVE_INFINITY : Number(rest[3]);
    if (min > MAX_REPEAT || (Number.isFinite(max) && (max > MAX_REPEAT || max < min)))
      throw this.#error('bad repeat count');
    return [min, max];
  }

  #atom(): Regex | undefined {
    const char = this.#peek() ?? '';
    if (char === '(') return this.#group();
    if (char === '[') return this.#chars_(this.#class());
    this.#at++;
    if (char === '.') return { kind: 'chars', ranges: this.#flags.dotAll ? [[0, LAST]] : negate([[10, 10]]) };
    if (char === '^' || char === '$') {
      if (this.#flags.multiLine) throw this.#error('(?m) is not known');
      return { kind: 'edge', edge: char === '^' ? 'start' : 'end' };
    }
    if (char === '*' || char === '+' || char === '?') throw this.#error(`nothing to repeat before ${char}`);
    if (char === '\\') return this.#escape();
    return this.#chars_([[char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]]);
  }

  #chars_(ranges: readonly CharRange[]): Regex {
    return { kind: 'chars', ranges: this.#flags.ignoreCase ? foldCase(ranges) : ranges };
  }

  #group(): Regex | undefined {
    if (++this.#depth > MAX_DEPTH) throw this.#error('nested too deep');
    const outer = this.#flags;
    this.#at++;
    if (this.#take('?')) {
      const rest = this.#chars.slice(this.#at, this.#at + 200).join('');
      const named = /^P?<\w+>/.exec(rest);
      const flags = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
      if (named) this.#at += named[0].length;
      else if (flags) {
        this.#at += flags[0].length;
        const has = (flag: string, was: boolean) => (flags[1]?.includes(flag) || was) && !flags[2]?.includes(flag);
        this.#flags = {
          ignoreCase: has('i', outer.ignoreCase),
          dotAll: has('s', outer.dotAll),
          multiLine: has('m', outer.multiLine),
        };
        if (flags[3] === ')') {
          this.#depth--;
          return undefined; // holds until the end of the group around it
        }
      } else throw this.#error('unknown group');
    }
    const inner = this.#alternatives();
    if (!this.#take(')')) throw this.#error('missing )');
    this.#flags = outer;
    this.#depth--;
    return inner;
  }

  #escape(): Regex {
    const char = this.#peek();
    if (char === undefined) throw this.#error('trailing backslash');
    const edge = ({ A: 'start', z: 'end', b: 'word', B: 'not-word' } as const)[char];
    if (edge) {
      this.#at++;
      return { kind: 'edge', edge };
    }
    if (char === 'Q') {
      this.#at++;
      const parts: Regex[] = [];
      while (this.#at < this.#chars.length && !this.#take('\\E')) {
        const code = (this.#chars[this.#at++] ?? '').codePointAt(0) ?? 0;
        parts.push(this.#chars_([[code, code]]));
      }
      return { kind: 'concat', parts };
    }
    return this.#chars_(this.#escapedChars());
  }

  /** After the backslash, inside or outside of brackets. */
  #escapedChars(): readonly CharRange[] {
    const char = this.#chars[this.#at++] ?? '';
    const perl = { d: DIGIT, w: WORD, s: SPACE }[char.toLowerCase()];
    if (perl) return char === char.toLowerCase() ? perl : negate(perl);
    if (char === 'x') {
      const hex = /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(
        this.#chars.slice(this.#at, this.#at + 8).join(''),
      );
      if (!hex) throw this.#error('bad \\x');
      this.#at += hex[0].length;
      const code = Number.parseInt(hex[1] ?? hex[2] ?? '0', 16);
      return [[code, code]];
    }
    const code = CONTROL[char];
    if (code !== undefined) return [[code, code]];
    if (/[A-Za-z0-9]/.test(char)) throw this.#error(`\\${char} is not known`);
    return [[char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]];
  }

  #class(): readonly CharRange[] {
    this.#at++;
    const negated = this.#take('^');
    const ranges: CharRange[] = [];
    for (let first = true; ; first = false) {
      const char = this.#peek();
      if (char === undefined) throw this.#error('missing ]');
      if (char === ']' && !first) break;
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#chars.slice(this.#at, this.#at + 14).join(''));
      if (posix) {
        const known = POSIX[posix[2] ?? ''];
        if (!known) throw this.#error(`unknown class ${posix[0]}`);
        this.#at += posix[0].length;
        ranges.push(...(posix[1] ? negate(known) : known));
        continue;
      }
      ranges.push(...this.#classMember());
    }
    this.#at++;
    const folded = this.#flags.ignoreCase ? foldCase(ranges) : ranges;
    return negated ? negate(folded) : folded;
  }

  #classMember(): readonly CharRange[] {
    const one = (): readonly CharRange[] => {
      const char = this.#chars[this.#at++] ?? '';
      return char === '\\' ? this.#escapedChars() : [[char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]];
    };
    const low = one();
    const start = low.length === 1 && low[0]?.[0] === low[0]?.[1] ? low[0]?.[0] : undefined;
    if (start === undefined || this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === undefined) return low;
    this.#at++;
    const end = one()[0]?.[1] ?? start;
    if (end < start) throw this.#error('bad range');
    return [[start, end]];
  }
}
