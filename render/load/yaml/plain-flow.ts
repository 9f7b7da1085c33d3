import type { JsonArray, JsonObject, JsonValue } from '../../json.ts';
import { setPlace } from '../../places.ts';
import type { SourceFile } from '../../source-location.ts';
import { MAX_DEPTH } from '../limits.ts';
import { plainScalar } from './core-schema.ts';
import type { EnvoyReadings } from './envoy-readings.ts';
import { DECLINED, inlineQuoted, isUsualKey, PLAIN_KEY } from './plain-tokens.ts';

const NO_KEYS: ReadonlyMap<string, number> = new Map();
const PLAIN_VALUE = /(?:[A-Za-z0-9_./]|[-+](?=[A-Za-z0-9_.]))(?:[A-Za-z0-9_./+*%=-]| +(?=[A-Za-z0-9_./+*%=-]))*/y;

/** Flow collections on one line, of plain words and quoted texts without escapes; declines everything else. */
export class FlowReader {
  readonly #source: SourceFile;
  readonly #text: string;
  readonly #readings: EnvoyReadings;
  #at = 0;
  #end = 0;

  constructor(source: SourceFile, text: string, readings: EnvoyReadings) {
    this.#source = source;
    this.#text = text;
    this.#readings = readings;
  }

  /** The collection that begins at `at`. */
  read(at: number, lineEnd: number, depth: number): { readonly value: JsonValue; readonly end: number } {
    this.#at = at;
    this.#end = lineEnd;
    if (depth >= MAX_DEPTH) throw DECLINED;
    const value = this.#text[at] === '[' ? this.#list(depth + 1) : this.#mapping(depth + 1);
    return { value, end: this.#at };
  }

  #value(depth: number, holder: object, key: string): JsonValue {
    if (depth >= MAX_DEPTH || this.#at >= this.#end) throw DECLINED;
    const first = this.#text[this.#at];
    if (first === '[') return this.#list(depth + 1);
    if (first === '{') return this.#mapping(depth + 1);
    if (first === '"' || first === "'") {
      const from = this.#at;
      this.#at = inlineQuoted(this.#text, from, this.#end);
      return this.#text.slice(from + 1, this.#at - 1);
    }
    PLAIN_VALUE.lastIndex = this.#at;
    const plain = PLAIN_VALUE.exec(this.#text)?.[0];
    if (plain === undefined) throw DECLINED;
    this.#at += plain.length;
    const read = plainScalar(plain);
    this.#readings.plain(holder, key, plain, read);
    return read;
  }

  #list(depth: number): JsonArray {
    const list: JsonArray = [];
    const values = new Map<string, number>();
    const offset = this.#at;
    this.#at += 1;
    if (!this.#closes(']')) {
      do {
        this.#space();
        const index = String(list.length);
        values.set(index, this.#at);
        list.push(this.#value(depth, list, index));
      } while (this.#separated(']'));
    }
    return setPlace(list, { file: this.#source, offset, keys: NO_KEYS, values, via: [] });
  }

  #mapping(depth: number): JsonObject {
    const mapping: JsonObject = {};
    const keys = new Map<string, number>();
    const values = new Map<string, number>();
    const offset = this.#at;
    this.#at += 1;
    if (!this.#closes('}')) {
      do {
        this.#space();
        const keyAt = this.#at;
        const key = this.#key();
        if (keys.has(key)) throw DECLINED;
        this.#space();
        keys.set(key, keyAt);
        values.set(key, this.#at);
        mapping[key] = this.#value(depth, mapping, key);
      } while (this.#separated('}'));
    }
    return setPlace(mapping, { file: this.#source, offset, keys, values, via: [] });
  }

  #key(): string {
    const from = this.#at;
    const quoted = this.#text[from] === '"' || this.#text[from] === "'";
    if (quoted) this.#at = inlineQuoted(this.#text, from, this.#end);
    else {
      PLAIN_KEY.lastIndex = from;
      if (!PLAIN_KEY.test(this.#text)) throw DECLINED;
      this.#at = PLAIN_KEY.lastIndex;
    }
    const key = quoted ? this.#text.slice(from + 1, this.#at - 1) : this.#text.slice(from, this.#at);
    if (!isUsualKey(key, quoted) || !this.#text.startsWith(': ', this.#at)) throw DECLINED;
    this.#at += 1;
    return key;
  }

  #space(): void {
    while (this.#text.charCodeAt(this.#at) === 0x20) this.#at += 1;
  }

  #closes(bracket: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== bracket) return false;
    this.#at += 1;
    return true;
  }

  #separated(bracket: string): boolean {
    if (this.#closes(bracket)) return false;
    if (this.#text[this.#at] !== ',') throw DECLINED;
    this.#at += 1;
    return true;
  }
}
