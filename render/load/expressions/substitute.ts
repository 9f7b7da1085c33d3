import type { Finding } from '../../finding.ts';
import type { JsonArray, JsonObject, JsonValue } from '../../json.ts';
import { placeOf, setPlace, valueLocation } from '../../places.ts';
import type { SourceLocation } from '../../source-location.ts';
import { describeValue } from '../describe.ts';
import { MAX_DEPTH, MAX_EXPANDED_NODES, MAX_TEXT_LENGTH } from '../limits.ts';
import { type LoadRule, loadFinding, startOf } from '../rules.ts';
import { hasExpression, parseText, type TextPart } from './expression.ts';
import { ABSENT, type Absent, lookUp, type Scope } from './scope.ts';

/** Member of a mapping that says whether the mapping is there: it is left out where the value is false, null or absent. */
export const CONDITION = '$if';

/** Thrown when a stage grows beyond `MAX_EXPANDED_NODES`; its finding has been reported. */
export class TooMuchExpanded extends Error {}

/** What one stage has written out so far. */
export class Expansion {
  readonly findings: Finding[] = [];
  #nodes = 0;

  count(nodes: number, at: SourceLocation, via: readonly SourceLocation[]): void {
    this.#nodes += nodes;
    if (this.#nodes <= MAX_EXPANDED_NODES) return;
    const saw = `more than ${MAX_EXPANDED_NODES} values after templates and values`;
    this.findings.push(loadFinding('too-many-nodes', at, saw, 'templates that do not multiply each other', via));
    throw new TooMuchExpanded();
  }
}

/**
 * Copies JSON with its places, with every expression replaced. A text that is exactly one expression takes the value with its type;
 * `via` are the template uses that led here, and become the via of every copied container.
 */
export class Substitution {
  readonly #scope: Scope;
  readonly #via: readonly SourceLocation[];
  readonly #expansion: Expansion;
  #depth = 0;

  constructor(scope: Scope, via: readonly SourceLocation[], expansion: Expansion) {
    this.#scope = scope;
    this.#via = via;
    this.#expansion = expansion;
  }

  /** `holder[key]` is `value`: scalars have their place there. Absent when an optional parameter or `$if` leaves it out. */
  copy(value: JsonValue, holder: object, key: string | number): JsonValue | Absent {
    if (typeof value === 'string') return hasExpression(value) ? this.#text(value, holder, key) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (this.#depth >= MAX_DEPTH) {
      this.#report('too-deep', holder, key, `more than ${MAX_DEPTH} levels of nesting`, `at most ${MAX_DEPTH}`);
      return null;
    }
    this.#depth += 1;
    const copied = Array.isArray(value) ? this.#list(value) : this.object(value);
    this.#depth -= 1;
    return copied;
  }

  object(object: JsonObject): JsonObject | Absent {
    const copied: JsonObject = {};
    if (Object.hasOwn(object, CONDITION)) {
      const condition = this.copy(object[CONDITION] ?? null, object, CONDITION);
      if (condition === ABSENT || condition === false || condition === null) return ABSENT;
    }
    const keys = Object.keys(object);
    this.#count(keys.length + 1, object);
    for (const key of keys) {
      if (key === CONDITION) continue;
      const value = this.copy(object[key] ?? null, object, key);
      if (value !== ABSENT) copied[key] = value;
    }
    return this.#placed(copied, object);
  }

  #list(list: JsonArray): JsonArray {
    const copied: JsonArray = [];
    const values = new Map<string, number>();
    const place = placeOf(list);
    this.#count(list.length + 1, list);
    for (const [index, item] of list.entries()) {
      const value = this.copy(item, list, index);
      if (value === ABSENT) continue;
      const offset = place?.values.get(String(index));
      if (offset !== undefined) values.set(String(copied.length), offset);
      copied.push(value);
    }
    if (place) setPlace(copied, { ...place, values, via: [...place.via, ...this.#via] });
    return copied;
  }

  #placed<T extends object>(copied: T, from: object): T {
    const place = placeOf(from);
    if (!place) return copied;
    return setPlace(copied, this.#via.length === 0 ? place : { ...place, via: [...place.via, ...this.#via] });
  }

  #text(text: string, holder: object, key: string | number): JsonValue | Absent {
    const parts = parseText(text);
    const [only] = parts;
    if (parts.length === 1 && only?.kind === 'expression') {
      const value = this.#look(only, holder, key);
      if (typeof value !== 'object' || value === null) return value;
      // the value stands in another file; the line that used it is how one gets there from here
      const use = valueLocation(holder, key);
      return withVia(value, [...(use ? [use] : []), ...this.#via], (nodes) => this.#count(nodes, holder));
    }
    let joined = '';
    for (const part of parts) joined += this.#part(part, holder, key);
    this.#count(joined.length >> 6, holder);
    if (joined.length <= MAX_TEXT_LENGTH) return joined;
    this.#report(
      'too-many-nodes',
      holder,
      key,
      `a text of ${joined.length} characters`,
      `at most ${MAX_TEXT_LENGTH} after \${…}`,
    );
    return '';
  }

  #part(part: TextPart, holder: object, key: string | number): string {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'unlikely') {
      const want = `\${${part.meant}.…}, or $\${ where the text is meant`;
      this.#report('unlikely-text', holder, key, part.written, want);
      return part.written;
    }
    if (part.kind === 'malformed') {
      const want =
        '${values.name}, ${with.name} or ${stage}, the names of letters, digits, _ and -; or $${ for the text itself';
      this.#report('bad-expression', holder, key, part.written, want);
      return part.written;
    }
    const value = this.#look(part, holder, key);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    const saw = `${part.written}, ${value === ABSENT ? 'a parameter that was not given' : describeValue(value)}, within a text`;
    this.#report(
      'value-kind',
      holder,
      key,
      saw,
      'a text, number or boolean there; a mapping or list only where it is the whole value',
    );
    return part.written;
  }

  #look(
    expression: Extract<TextPart, { kind: 'expression' }>,
    holder: object,
    key: string | number,
  ): JsonValue | Absent {
    const looked = lookUp(expression, this.#scope);
    if (looked.kind === 'found') return looked.value;
    this.#report(looked.rule, holder, key, looked.saw, looked.want);
    // the text stays, so that one mistake does not read as a second one, a missing name for example
    return expression.written;
  }

  #count(nodes: number, container: object): void {
    this.#expansion.count(nodes, placeAt(container, undefined), this.#via);
  }

  #report(rule: LoadRule, holder: object, key: string | number, saw: string, want: string): void {
    const via = [...(placeOf(holder)?.via ?? []), ...this.#via];
    this.#expansion.findings.push(loadFinding(rule, placeAt(holder, key), saw, want, via));
  }
}

const placeAt = (holder: object, key: string | number | undefined): SourceLocation =>
  valueLocation(holder, key ?? '') ?? startOf('mesh.yaml');

function withVia(value: JsonValue, via: readonly SourceLocation[], count: (nodes: number) => void): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value);
  count(keys.length + 1);
  const place = placeOf(value);
  const copied = Array.isArray(value)
    ? value.map((item) => withVia(item, via, count))
    : Object.fromEntries(keys.map((key) => [key, withVia(value[key] ?? null, via, count)]));
  return place ? setPlace(copied, { ...place, via: [...place.via, ...via] }) : copied;
}
