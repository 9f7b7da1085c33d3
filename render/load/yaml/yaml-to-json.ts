import { isAlias, isMap, isScalar, isSeq, type Node, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { isJsonObject, type JsonArray, type JsonObject, type JsonScalar, type JsonValue } from '../../json.ts';
import { placeOf, setPlace } from '../../places.ts';
import type { SourceFile } from '../../source-location.ts';
import { MAX_ALIASED_NODES, MAX_FAULTS_PER_FILE, MAX_NODES_PER_FILE } from '../limits.ts';
import type { LoadRule } from '../rules.ts';
import { numberOrText } from './core-schema.ts';
import type { EnvoyReadings } from './envoy-readings.ts';
import { envoyTagged } from './envoy-scalar.ts';

export type YamlProblem = {
  readonly rule: LoadRule;
  readonly offset: number;
  readonly saw: string;
  readonly want: string;
};

type Anchored = { readonly value: JsonValue; readonly nodes: number; readonly node: Node };
const NO_KEYS: ReadonlyMap<string, number> = new Map();

/** A composed document as placed JSON; undefined for an empty one or one that was given up. An alias shares its anchor's value. */
export function yamlToJson(
  contents: unknown,
  source: SourceFile,
  readings: EnvoyReadings,
  onProblem: (problem: YamlProblem) => void,
): JsonValue | undefined {
  if (contents === null || contents === undefined) return undefined;
  const converter = new Converter(source, readings, onProblem);
  try {
    return converter.convert(contents as Node);
  } catch (error) {
    if (error instanceof GivenUp) return undefined;
    throw error;
  }
}

class GivenUp extends Error {}

class Converter {
  readonly #source: SourceFile;
  readonly #readings: EnvoyReadings;
  readonly #onProblem: (problem: YamlProblem) => void;
  readonly #anchors = new Map<string, Anchored>();
  #nodes = 0;
  #problems = 0;
  #aliasedNodes = 0;

  constructor(source: SourceFile, readings: EnvoyReadings, onProblem: (problem: YamlProblem) => void) {
    this.#source = source;
    this.#readings = readings;
    this.#onProblem = onProblem;
  }

  #report(problem: YamlProblem): void {
    this.#onProblem(problem);
    this.#problems += 1;
    if (this.#problems > MAX_FAULTS_PER_FILE) throw new GivenUp();
  }

  convert(node: Node | null): JsonValue {
    this.#count(1, node);
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, node);
    const before = this.#nodes;
    const value = isMap(node)
      ? this.#map(node)
      : isSeq(node)
        ? this.#seq(node)
        : isScalar(node)
          ? this.#scalar(node)
          : null;
    const anchor = (node as Scalar | YAMLMap | YAMLSeq).anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, { value, nodes: this.#nodes - before + 1, node });
    return value;
  }

  /** Written out, aliases of aliases grow without bound: what counts is their size written out, though the values are shared. */
  #count(nodes: number, node: Node | null, aliased = 0): void {
    this.#nodes += nodes;
    this.#aliasedNodes += aliased;
    const saw = `more than ${aliased > 0 ? MAX_ALIASED_NODES : MAX_NODES_PER_FILE} values`;
    if (this.#nodes <= MAX_NODES_PER_FILE && this.#aliasedNodes <= MAX_ALIASED_NODES) return;
    const offset = offsetOf(node);
    this.#report({
      rule: 'too-many-nodes',
      offset,
      saw,
      want: 'a file that stays small with its aliases written out',
    });
    throw new GivenUp();
  }

  #alias(name: string, node: Node): JsonValue {
    const anchored = this.#anchors.get(name);
    if (anchored) {
      this.#count(anchored.nodes, node, anchored.nodes);
      return anchored.value;
    }
    const known = [...this.#anchors.keys()].slice(0, 12).join(', ') || 'none';
    const want = `an anchor that stands before it and does not hold it (${known})`;
    this.#report({ rule: 'unknown-anchor', offset: offsetOf(node), saw: `*${name}`, want });
    return null;
  }

  #scalar(node: Scalar): JsonScalar {
    const { value } = node;
    if (typeof value === 'number') return numberOrText(value, node.source ?? String(value));
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    return String(value);
  }

  #note(container: object, key: string, node: Node | null, read: JsonValue): void {
    const scalar = isAlias(node) ? this.#anchors.get(node.source)?.node : node;
    if (!isScalar(scalar) || (typeof read === 'object' && read !== null)) return;
    const text = scalar.source ?? '';
    if (scalar.tag !== undefined && scalar.tag !== '!') {
      const reading = envoyTagged(text);
      if (reading !== read) this.#readings.put(container, key, reading);
    } else if (scalar.type === Scalar.PLAIN && scalar.tag === undefined)
      this.#readings.plain(container, key, text, read);
  }

  #seq(node: YAMLSeq): JsonArray {
    const values = new Map<string, number>();
    const array: JsonArray = [];
    for (const item of node.items) {
      const index = String(array.length);
      const value = this.convert(item as Node | null);
      values.set(index, offsetOf(item as Node));
      this.#note(array, index, item as Node | null, value);
      array.push(value);
    }
    return setPlace(array, { file: this.#source, offset: offsetOf(node), keys: NO_KEYS, values, via: [] });
  }

  #map(node: YAMLMap): JsonObject {
    const keys = new Map<string, number>();
    const values = new Map<string, number>();
    const object: JsonObject = {};
    const merged: JsonObject[] = [];
    for (const pair of node.items) {
      const key = pair.key as Node | null;
      const value = pair.value as Node | null;
      const keyOffset = offsetOf(key ?? value ?? node);
      if (isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN) {
        merged.push(...this.#mergeSources(value));
        continue;
      }
      const name = this.#keyName(key, keyOffset);
      const read = this.convert(value);
      if (name === undefined) continue;
      if (keys.has(name)) {
        const want = 'each key once in a mapping';
        this.#report({
          rule: 'duplicate-key',
          offset: keyOffset,
          saw: `the key ${JSON.stringify(name)} again`,
          want,
        });
        continue;
      }
      keys.set(name, keyOffset);
      values.set(name, isEmpty(value) ? keyOffset : offsetOf(value));
      object[name] = read;
      this.#note(object, name, value, read);
    }
    for (const from of merged) {
      const place = placeOf(from);
      for (const [name, value] of Object.entries(from)) {
        if (Object.hasOwn(object, name)) continue;
        object[name] = value;
        this.#readings.carry(from, name, object);
        keys.set(name, place?.keys.get(name) ?? offsetOf(node));
        values.set(name, place?.values.get(name) ?? offsetOf(node));
      }
    }
    return setPlace(object, { file: this.#source, offset: offsetOf(node), keys, values, via: [] });
  }

  #mergeSources(value: Node | null): JsonObject[] {
    const read = this.convert(value);
    const sources = Array.isArray(read) ? read : [read];
    const mappings = sources.filter(isJsonObject);
    if (mappings.length < sources.length) {
      const want = '`<<` with a mapping, an alias of one, or a list of those';
      this.#report({ rule: 'bad-merge', offset: offsetOf(value), saw: '`<<` with another value', want });
    }
    return mappings;
  }

  #keyName(key: Node | null, offset: number): string | undefined {
    const value = isAlias(key)
      ? this.#alias(key.source, key)
      : isScalar(key)
        ? key.value
        : key === null
          ? null
          : undefined;
    const plain = isScalar(key) && key.source !== undefined && typeof value !== 'string' ? key.source : String(value);
    const usable = value !== undefined && value !== null && typeof value !== 'object' && plain !== '__proto__';
    if (usable) return plain;
    const saw =
      plain === '__proto__' ? 'the key "__proto__"' : value === null ? 'an empty key' : 'a mapping or list as a key';
    this.#report({ rule: 'unsupported-key', offset, saw, want: 'a text as the key' });
    return undefined;
  }
}

/** `key:` with nothing behind it. */
const isEmpty = (node: Node | null): boolean =>
  node === null || (isScalar(node) && node.value === null && node.source === '');
const offsetOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0;
