import type { Finding } from '../../finding.ts';
import type { JsonArray, JsonObject, JsonValue } from '../../json.ts';
import { setPlace } from '../../places.ts';
import { locationIn, type SourceFile } from '../../source-location.ts';
import { MAX_DEPTH, MAX_FINDINGS_PER_FILE } from '../limits.ts';
import { loadFinding } from '../rules.ts';

/** RFC 8259 text, read with the place of every key and value. Stops at the first syntax error, as nothing after it is certain. */
export function readPlacedJson(source: SourceFile, text: string): { documents: JsonValue[]; findings: Finding[] } {
  const reader = new JsonReader(source, text);
  return { documents: reader.read(), findings: reader.findings };
}

class SyntaxProblem extends Error {
  readonly offset: number;
  readonly want: string;
  constructor(offset: number, want: string) {
    super(want);
    this.offset = offset;
    this.want = want;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const LITERAL = /true|false|null/y;
const NO_KEYS: ReadonlyMap<string, number> = new Map();

class JsonReader {
  readonly findings: Finding[] = [];
  readonly #source: SourceFile;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(source: SourceFile, text: string) {
    this.#source = source;
    this.#text = text;
  }

  read(): JsonValue[] {
    try {
      if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
      this.#space();
      const value = this.#value();
      this.#space();
      if (this.#at < this.#text.length) throw new SyntaxProblem(this.#at, 'the end of the file after its one value');
      return [value];
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem)) throw problem;
      const rule = this.#depth > MAX_DEPTH ? 'too-deep' : 'json-syntax';
      const at = locationIn(this.#source, problem.offset);
      this.findings.push(loadFinding(rule, at, this.#sawAt(problem.offset), problem.want));
      return [];
    }
  }

  #sawAt(offset: number): string {
    const character = this.#text.codePointAt(offset);
    return character === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(character));
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #value(): JsonValue {
    const first = this.#text[this.#at];
    if (first === '{') return this.#nested(() => this.#object());
    if (first === '[') return this.#nested(() => this.#array());
    if (first === '"') return this.#string();
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      const value = Number(number);
      // protobuf reads 64-bit integers from text, and a double would change them
      return /^-?\d+$/.test(number) && !Number.isSafeInteger(value) ? number : Number.isFinite(value) ? value : number;
    }
    LITERAL.lastIndex = this.#at;
    const literal = LITERAL.exec(this.#text)?.[0];
    if (literal === undefined) {
      throw new SyntaxProblem(
        this.#at,
        'a JSON value: an object, a list, a text in double quotes, a number, true, false, null',
      );
    }
    this.#at += literal.length;
    return literal === 'null' ? null : literal === 'true';
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new SyntaxProblem(this.#at, `at most ${MAX_DEPTH} levels of nesting`);
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): JsonObject {
    const object: JsonObject = {};
    const keys = new Map<string, number>();
    const values = new Map<string, number>();
    setPlace(object, { file: this.#source, offset: this.#at, keys, values, via: [] });
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      const keyAt = this.#at;
      if (this.#text[keyAt] !== '"') throw new SyntaxProblem(keyAt, 'a key in double quotes');
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw new SyntaxProblem(this.#at, '":" after the key');
      this.#space();
      const valueAt = this.#at;
      const value = this.#value();
      if (key === '__proto__') this.#report('unsupported-key', keyAt, 'the key "__proto__"', 'another name');
      else if (keys.has(key))
        this.#report('duplicate-key', keyAt, `the key "${key}" again`, 'each key once in a mapping');
      else {
        keys.set(key, keyAt);
        values.set(key, valueAt);
        object[key] = value;
      }
      this.#space();
      if (this.#take('}')) return object;
      if (!this.#take(',')) throw new SyntaxProblem(this.#at, '"," or "}"');
    }
  }

  #array(): JsonArray {
    const array: JsonArray = [];
    const values = new Map<string, number>();
    setPlace(array, { file: this.#source, offset: this.#at, keys: NO_KEYS, values, via: [] });
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return array;
    for (;;) {
      this.#space();
      values.set(String(array.length), this.#at);
      array.push(this.#value());
      this.#space();
      if (this.#take(']')) return array;
      if (!this.#take(',')) throw new SyntaxProblem(this.#at, '"," or "]"');
    }
  }

  #string(): string {
    const from = this.#at;
    for (let at = from + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x5c) at += 1;
      else if (code < 0x20) throw new SyntaxProblem(at, 'an escape such as \\n for a control character within a text');
      else if (code === 0x22) {
        this.#at = at + 1;
        const raw = this.#text.slice(from, at + 1);
        if (!raw.includes('\\')) return raw.slice(1, -1);
        try {
          return JSON.parse(raw) as string;
        } catch {
          throw new SyntaxProblem(from, 'a text whose escapes are those of JSON');
        }
      }
    }
    throw new SyntaxProblem(from, 'a closing double quote');
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #report(rule: 'unsupported-key' | 'duplicate-key', offset: number, saw: string, want: string): void {
    if (this.findings.length >= MAX_FINDINGS_PER_FILE) return;
    this.findings.push(loadFinding(rule, locationIn(this.#source, offset), saw, want));
  }
}
