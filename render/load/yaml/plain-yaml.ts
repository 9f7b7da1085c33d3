import type { JsonArray, JsonObject, JsonValue } from '../../json.ts';
import { setPlace } from '../../places.ts';
import type { SourceFile } from '../../source-location.ts';
import { MAX_DEPTH } from '../limits.ts';
import { plainScalar } from './core-schema.ts';
import { EnvoyReadings } from './envoy-readings.ts';
import { FlowReader } from './plain-flow.ts';
import { DECLINED, inlineQuoted, isUsualKey, PLAIN_KEY, restIsBlank, sourceIsUsual } from './plain-tokens.ts';

/**
 * Reads the YAML that configuration is mostly written in: block mappings and lists, scalars on one line, short flow collections,
 * comments, several documents. For text with anything else (anchors, tags, block scalars, escapes, tabs, text over several lines,
 * a duplicate key, any mistake) it answers undefined, and the whole parser has its say. So it never judges; where it answers, it
 * answers exactly as `readAnyYaml` does (a test holds them against each other), some ten times as fast and in a quarter of the memory.
 */
export function readPlainYaml(
  source: SourceFile,
  text: string,
): { readonly documents: JsonValue[]; readonly readings: EnvoyReadings } | undefined {
  if (!sourceIsUsual(text)) return undefined;
  const readings = new EnvoyReadings();
  try {
    return { documents: new PlainReader(source, text, readings).documents(), readings };
  } catch (error) {
    if (error === DECLINED) return undefined;
    throw error;
  }
}

const NO_KEYS: ReadonlyMap<string, number> = new Map();
const DASH = 0x2d;
const SPACE = 0x20;

class PlainReader {
  readonly #source: SourceFile;
  readonly #text: string;
  readonly #flow: FlowReader;
  readonly #readings: EnvoyReadings;
  /** Where the next line starts. */
  #next = 0;
  /** The current line: its indentation (-1 at a document's end), the offset of its content, and of its end. */
  #indent = -1;
  #start = 0;
  #end = 0;
  #depth = 0;

  constructor(source: SourceFile, text: string, readings: EnvoyReadings) {
    this.#source = source;
    this.#text = text;
    this.#readings = readings;
    this.#flow = new FlowReader(source, text, readings);
  }

  documents(): JsonValue[] {
    const documents: JsonValue[] = [];
    do {
      this.#advance();
      if (this.#indent >= 0) documents.push(this.#node(this.#indent));
      if (this.#indent >= 0) throw DECLINED;
    } while (this.#next < this.#text.length);
    return documents;
  }

  /** Moves to the next line that is neither blank nor a comment; `---` and the end of the text end the document. */
  #advance(): void {
    const text = this.#text;
    for (;;) {
      if (this.#next >= text.length) {
        this.#indent = -1;
        return;
      }
      const from = this.#next;
      const newline = text.indexOf('\n', from);
      this.#end = newline === -1 ? text.length : newline;
      this.#next = newline === -1 ? text.length : newline + 1;
      let at = from;
      while (text.charCodeAt(at) === SPACE) at += 1;
      if (at >= this.#end || text[at] === '#') continue;
      this.#start = at;
      this.#indent = at - from;
      if (at > from) return;
      if (text.startsWith('---', at) || text.startsWith('...', at)) {
        if (text[at] === '.' || !restIsBlank(text, at + 3, this.#end)) throw DECLINED;
        this.#indent = -1;
      }
      if (text[at] === '%') throw DECLINED;
      return;
    }
  }

  #isItem(): boolean {
    if (this.#text.charCodeAt(this.#start) !== DASH) return false;
    return this.#start + 1 >= this.#end || this.#text.charCodeAt(this.#start + 1) === SPACE;
  }

  /** The block collection that begins on the current line at `indent`. */
  #node(indent: number): JsonValue {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw DECLINED;
    const value = this.#isItem() ? this.#list(indent) : this.#mapping(indent);
    this.#depth -= 1;
    if (this.#indent > indent) throw DECLINED;
    return value;
  }

  #list(indent: number): JsonArray {
    const list: JsonArray = [];
    const values = new Map<string, number>();
    const offset = this.#start;
    while (this.#indent === indent && this.#isItem()) {
      let at = this.#start + 1;
      while (this.#text.charCodeAt(at) === SPACE) at += 1;
      const blank = at >= this.#end || this.#text[at] === '#';
      if (blank) this.#pushBelow(list, values, indent);
      else if (this.#keyEnd(at) !== undefined) {
        // a mapping that begins behind the dash: its other members stand under its first
        this.#indent += at - this.#start;
        this.#start = at;
        values.set(String(list.length), at);
        list.push(this.#node(this.#indent));
      } else {
        const index = String(list.length);
        values.set(index, at);
        list.push(this.#inline(at, list, index));
        this.#advance();
      }
      if (this.#indent > indent) throw DECLINED;
    }
    return setPlace(list, { file: this.#source, offset, keys: NO_KEYS, values, via: [] });
  }

  #pushBelow(list: JsonArray, values: Map<string, number>, indent: number): void {
    const dash = this.#start;
    this.#advance();
    values.set(String(list.length), this.#indent > indent ? this.#start : dash);
    list.push(this.#indent > indent ? this.#node(this.#indent) : null);
  }

  #mapping(indent: number): JsonObject {
    const mapping: JsonObject = {};
    const keys = new Map<string, number>();
    const values = new Map<string, number>();
    const offset = this.#start;
    while (this.#indent === indent) {
      const keyAt = this.#start;
      const keyEnd = this.#keyEnd(keyAt);
      if (keyEnd === undefined) {
        // a list may stand as deep as the key that holds it; then the key's mapping is above
        throw DECLINED;
      }
      const quoted = this.#text[keyAt] === '"' || this.#text[keyAt] === "'";
      const key = quoted ? this.#text.slice(keyAt + 1, keyEnd - 1) : this.#text.slice(keyAt, keyEnd);
      if (!isUsualKey(key, quoted) || keys.has(key)) throw DECLINED;
      keys.set(key, keyAt);
      let at = keyEnd + 1;
      while (this.#text.charCodeAt(at) === SPACE) at += 1;
      if (at >= this.#end || this.#text[at] === '#') {
        this.#advance();
        const below = this.#indent > indent || (this.#indent === indent && this.#isItem());
        values.set(key, below ? this.#start : keyAt);
        mapping[key] = below ? this.#below(indent) : null;
      } else {
        values.set(key, at);
        mapping[key] = this.#inline(at, mapping, key);
        this.#advance();
      }
      if (this.#indent > indent) throw DECLINED;
    }
    return setPlace(mapping, { file: this.#source, offset, keys, values, via: [] });
  }

  #below(indent: number): JsonValue {
    if (this.#indent > indent) return this.#node(this.#indent);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw DECLINED;
    const list = this.#list(indent);
    this.#depth -= 1;
    return list;
  }

  /** Offset of the `:` that ends a key at `at`, where one stands there. */
  #keyEnd(at: number): number | undefined {
    const text = this.#text;
    let end: number;
    if (text[at] === '"' || text[at] === "'") end = inlineQuoted(text, at, this.#end);
    else {
      PLAIN_KEY.lastIndex = at;
      end = PLAIN_KEY.test(text) ? PLAIN_KEY.lastIndex : at;
    }
    if (end === at || text[end] !== ':') return undefined;
    return end + 1 >= this.#end || text.charCodeAt(end + 1) === SPACE ? end : undefined;
  }

  /** A scalar or flow collection that begins at `at` and ends on the same line. */
  #inline(at: number, holder: object, key: string): JsonValue {
    const text = this.#text;
    const first = text[at] ?? '';
    if (first === '"' || first === "'") {
      const end = inlineQuoted(text, at, this.#end);
      if (!restIsBlank(text, end, this.#end)) throw DECLINED;
      return text.slice(at + 1, end - 1);
    }
    if (first === '[' || first === '{') {
      const { value, end } = this.#flow.read(at, this.#end, this.#depth);
      if (!restIsBlank(text, end, this.#end)) throw DECLINED;
      return value;
    }
    if ('&*!|>%@`,]}#?:'.includes(first)) throw DECLINED;
    if (first === '-' && (at + 1 >= this.#end || text[at + 1] === ' ')) throw DECLINED;
    let plain = text.slice(at, this.#end);
    const comment = plain.indexOf(' #');
    if (comment !== -1) plain = plain.slice(0, comment);
    plain = plain.trimEnd();
    if (plain.includes(': ') || plain.endsWith(':')) throw DECLINED;
    const read = plainScalar(plain);
    this.#readings.plain(holder, key, plain, read);
    return read;
  }
}
