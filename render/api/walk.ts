import type { DescMessage } from '@bufbuild/protobuf';
import type { Finding } from '../finding.ts';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { keyLocation, locationOf, placeOf, setPlace, valueLocation, viaOf } from '../places.ts';
import type { SourceLocation } from '../source-location.ts';
import { walkAny } from './any/walk-any.ts';
import type { ApiSet } from './api-set.ts';
import { show } from './constraints/compile-rules.ts';
import { checkSlot, FILTER_CONFIG, isOptional } from './extensions/check-slot.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';
import { type ApiRule, severityOf } from './rules.ts';
import { knownFrom, unknownFieldWant } from './unknown-names.ts';
import { isDefault, type Read, readScalar } from './values/read-scalar.ts';
import { readDuration, readFieldMask, readTimestamp } from './values/read-well-known.ts';

/** A finding of this room: `saw` begins with `path`, which is spelled as the config spells it. */
export type ApiFinding = Finding & { readonly path: string };

export type WalkOptions = {
  /** Where a finding stands when the JSON has no places. */
  readonly at: SourceLocation;
  readonly resource?: string;
  /** Retired fields (full names) that a runtime key of the bootstrap allows. */
  readonly allowedFields?: ReadonlySet<string>;
};

/** Told of everything that a walk meets, so that the walks for other sets can be left out where those sets agree. */
export type Witness = {
  readonly message: (plan: MessagePlan) => void;
  readonly field: (plan: FieldPlan) => void;
  readonly enumValue: (field: FieldPlan, number: number) => void;
  readonly extension: (categories: readonly string[], typeName: string) => void;
};

/** One walk of a descriptor and a JSON value together. Everything found goes to `findings`; nothing is thrown. */
export class Walk {
  readonly set: ApiSet;
  readonly findings: ApiFinding[] = [];
  readonly witness: Witness | undefined;
  readonly #options: WalkOptions;
  readonly #path: (string | number)[] = [];

  constructor(set: ApiSet, options: WalkOptions, witness?: Witness) {
    this.set = set;
    this.#options = options;
    this.witness = witness;
  }

  /** `key` in `container` is where it is; `extra` leads on from the current path. */
  report(
    rule: ApiRule,
    container: object,
    key: string | number | undefined,
    saw: string,
    want: string,
    atKey = false,
  ): void {
    const place =
      key === undefined ? locationOf(container) : atKey ? keyLocation(container, key) : valueLocation(container, key);
    const path = this.#pathText();
    const via = viaOf(container);
    this.findings.push({
      rule,
      severity: severityOf(rule),
      at: place ?? this.#options.at,
      saw: path ? `${path}: ${saw}` : saw,
      want,
      path,
      ...(this.#options.resource === undefined ? {} : { resource: this.#options.resource }),
      ...(via.length > 0 ? { via } : {}),
    });
  }

  inside<T>(step: string | number, run: () => T): T {
    this.#path.push(step);
    const result = run();
    this.#path.pop();
    return result;
  }

  allowsRetired = (fullName: string): boolean => this.#options.allowedFields?.has(fullName) === true;

  #pathText(): string {
    let text = '';
    for (const step of this.#path) {
      if (typeof step === 'number') text += `[${step}]`;
      else if (/^[\w@]+$/.test(step)) text += text ? `.${step}` : step;
      else text += `[${JSON.stringify(step)}]`;
    }
    return text;
  }

  /**
   * A message that is written as a mapping. `ignored` are members that belong to somebody else (an Any's `@type`); `categories` are
   * what the field that holds the message says of the extension in it.
   */
  message(plan: MessagePlan, json: JsonObject, categories?: readonly string[], ignored?: string): JsonObject {
    this.witness?.message(plan);
    const slot = isDispensable(plan, json) ? UNJUDGED : categories;
    const found: (JsonValue | undefined)[] = new Array(plan.fields.length);
    const spellings: (string | undefined)[] = new Array(plan.fields.length);
    let renamed = false;
    let oneofs: Map<string, string> | undefined;
    for (const key of Object.keys(json)) {
      const value = json[key] as JsonValue;
      if (key === ignored) continue;
      const field = plan.bySpelling.get(key);
      if (!field) {
        this.inside(key, () => this.#unknownField(plan, json, key));
        continue;
      }
      if (key !== field.name) renamed = true;
      const before = spellings[field.index];
      if (before !== undefined) {
        this.inside(key, () =>
          this.report('duplicate-field', json, key, `${before} is given too`, `one of ${before} and ${key}`, true),
        );
        continue;
      }
      spellings[field.index] = key;
      if (value === null && !takesNull(field)) continue;
      this.witness?.field(field);
      if (field.oneof !== undefined) {
        oneofs ??= new Map();
        const other = oneofs.get(field.oneof);
        if (other !== undefined)
          this.inside(key, () =>
            this.report('oneof-conflict', json, key, `${other} is set too`, `only one of ${other} and ${key}`, true),
          );
        oneofs.set(field.oneof, key);
      }
      this.#path.push(key);
      found[field.index] = this.#field(field, value, json, key, slot);
      this.#path.pop();
    }
    this.#checkMessage(plan, json, found, spellings, oneofs);
    checkSlot(this, plan, json, found, spellings, categories);
    return emit(plan, json, found, spellings, renamed);
  }

  #unknownField(plan: MessagePlan, json: JsonObject, key: string): void {
    const from = knownFrom(this.set, (set) => set.plans.of(plan.desc.typeName)?.bySpelling.has(key) === true);
    this.report(
      'unknown-field',
      json,
      key,
      `no field of ${plan.desc.typeName}`,
      unknownFieldWant(plan, key, from),
      true,
    );
  }

  #checkMessage(
    plan: MessagePlan,
    json: JsonObject,
    found: readonly (JsonValue | undefined)[],
    spellings: readonly (string | undefined)[],
    oneofs: ReadonlyMap<string, string> | undefined,
  ): void {
    for (const field of plan.checkedWhenAbsent) {
      if (
        found[field.index] !== undefined ||
        (spellings[field.index] !== undefined && json[spellings[field.index] ?? ''] !== null)
      )
        continue;
      for (const { saw, want } of field.rules?.problems(undefined) ?? [])
        this.inside(field.desc.name, () =>
          this.report('constraint', json, undefined, saw === '""' || saw === '0' ? 'not given' : saw, want),
        );
    }
    for (const { name, members } of plan.requiredOneofs)
      if (!oneofs?.has(name))
        this.report('constraint', json, undefined, `none of ${members.join(', ')}`, `one of ${members.join(', ')}`);
  }

  #field(
    field: FieldPlan,
    json: JsonValue,
    holder: JsonObject,
    key: string,
    categories?: readonly string[],
  ): JsonValue | undefined {
    const before = this.findings.length;
    let value: JsonValue | undefined;
    if (field.shape === 'map') value = this.#map(field, json, holder, key);
    else if (field.shape === 'list') value = this.#list(field, json, holder, key, categories);
    else value = this.#value(field, json, holder, key, categories);
    // Rules look at what was decoded; after a fault in the value itself they would say the same again.
    const container = field.shape !== 'one' || field.value.kind === 'message';
    if (value !== undefined && field.rules && (container || this.findings.length === before))
      for (const { where, saw, want } of field.rules.problems(value))
        this.#reportRule(where, saw, want, json, holder, key);
    if (value !== undefined && !(field.implicit && isDefaultOf(field, value))) this.#retired(field, holder, key);
    return value;
  }

  #reportRule(
    where: readonly (string | number)[],
    saw: string,
    want: string,
    json: JsonValue,
    holder: JsonObject,
    key: string,
  ): void {
    const [step] = where;
    if (step === undefined || typeof json !== 'object' || json === null)
      this.report('constraint', holder, key, saw, want);
    else this.inside(step, () => this.report('constraint', json, step, saw, want));
  }

  #retired(field: FieldPlan, holder: JsonObject, key: string): void {
    if (!field.deprecated && !field.disallowed) return;
    const fullName = `${field.desc.parent.typeName}.${field.desc.name}`;
    const since = field.deprecatedAt ? ` since API ${field.deprecatedAt}` : '';
    if (field.disallowed && !this.allowsRetired(fullName))
      this.report(
        'disallowed-field',
        holder,
        key,
        `retired field ${fullName}`,
        'what its API documentation names instead',
        true,
      );
    else
      this.report(
        'deprecated-field',
        holder,
        key,
        `deprecated field ${fullName}${since}`,
        'what its API documentation names instead',
        true,
      );
  }

  #map(field: FieldPlan, json: JsonValue, holder: JsonObject, key: string): JsonValue | undefined {
    if (!isJsonObject(json)) {
      this.report('wrong-type', holder, key, show(json), 'a mapping');
      return undefined;
    }
    const result: JsonObject = {};
    for (const name of Object.keys(json).sort()) {
      const written = json[name] as JsonValue;
      const value = this.inside(name, () =>
        this.#value(field, written ?? emptyOf(field), json, name, field.categories),
      );
      const canonicalKey = field.keyType === undefined ? { value: name } : readScalar(field.keyType, name);
      if ('want' in canonicalKey)
        this.inside(name, () =>
          this.report(canonicalKey.rule, json, name, `the key ${show(name)}`, canonicalKey.want, true),
        );
      else if (value !== undefined) put(result, String(canonicalKey.value), value);
    }
    carryPlace(json, result);
    return result;
  }

  #list(
    field: FieldPlan,
    json: JsonValue,
    holder: JsonObject,
    key: string,
    categories?: readonly string[],
  ): JsonValue | undefined {
    // Envoy takes one item without its list.
    if (!Array.isArray(json)) {
      const only = this.#value(field, json, holder, key, categories);
      return only === undefined ? undefined : [only];
    }
    const result: JsonArray = [];
    for (const [index, item] of json.entries()) {
      if (item === null && !takesNull(field)) continue;
      this.#path.push(index);
      const value = this.#value(field, item, json, index, categories);
      this.#path.pop();
      if (value !== undefined) result.push(value);
    }
    carryPlace(json, result);
    return result;
  }

  #value(
    field: FieldPlan,
    json: JsonValue,
    container: object,
    key: string | number,
    inherited?: readonly string[],
  ): JsonValue | undefined {
    const { value } = field;
    if (value.kind === 'enum') return this.#enum(field, json, container, key);
    if (value.kind === 'scalar') return this.#taken(readScalar(value.type, json), json, container, key);
    const categories = slotOf(field, inherited);
    return this.messageValue(value.desc, json, container, key, categories);
  }

  /** A value of message type, in whichever of its JSON forms. */
  messageValue(
    desc: DescMessage,
    json: JsonValue,
    container: object,
    key: string | number,
    categories?: readonly string[],
  ): JsonValue | undefined {
    if (desc.typeName.startsWith('google.protobuf.')) {
      switch (desc.typeName) {
        case 'google.protobuf.Any':
          if (isJsonObject(json)) return walkAny(this, json, categories);
          break;
        case 'google.protobuf.Duration':
          return this.#taken(readDuration(json), json, container, key);
        case 'google.protobuf.Timestamp':
          return this.#taken(readTimestamp(json), json, container, key);
        case 'google.protobuf.FieldMask':
          return this.#taken(readFieldMask(json), json, container, key);
        case 'google.protobuf.Value':
          return copyFree(json);
        case 'google.protobuf.Struct':
          if (isJsonObject(json)) return copyFree(json);
          break;
        case 'google.protobuf.ListValue':
          if (Array.isArray(json)) return copyFree(json);
          this.report('wrong-type', container, key, show(json), 'a list');
          return undefined;
        default: {
          const inner = desc.typeName.endsWith('Value') ? desc.fields[0] : undefined;
          if (inner?.scalar === undefined) break;
          // Envoy takes a wrapper written out as well.
          const written =
            isJsonObject(json) && Object.keys(json).every((name) => name === 'value') ? (json.value ?? null) : json;
          if (written === null) return emptyScalar(inner.scalar);
          return this.#taken(readScalar(inner.scalar, written), json, container, key);
        }
      }
    }
    if (isJsonObject(json)) return this.message(this.set.plans.planOf(desc), json, categories);
    this.report('wrong-type', container, key, show(json), `a mapping (${desc.typeName})`);
    return undefined;
  }

  #taken(read: Read, json: JsonValue, container: object, key: string | number): JsonValue | undefined {
    if ('value' in read) return read.value;
    this.report(read.rule, container, key, show(json), read.want);
    return undefined;
  }

  #enum(field: FieldPlan, json: JsonValue, container: object, key: string | number): JsonValue | undefined {
    const desc = field.desc.enum;
    if (!desc || (typeof json !== 'string' && !(typeof json === 'number' && Number.isInteger(json)))) {
      this.report(
        'wrong-type',
        container,
        key,
        show(json),
        `one of ${desc?.values.map(({ name }) => name).join(', ')}`,
      );
      return undefined;
    }
    const upper = typeof json === 'string' ? json.toUpperCase() : '';
    const named =
      typeof json === 'string'
        ? desc.values.find(({ name }) => name === json || name.toUpperCase() === upper)
        : undefined;
    const number = named?.number ?? (typeof json === 'number' || /^-?\d+$/.test(json) ? Number(json) : undefined);
    if (number === undefined || number < -(2 ** 31) || number >= 2 ** 31) {
      const from = knownFrom(
        this.set,
        (set) => set.registry.getEnum(desc.typeName)?.values.some(({ name }) => name === upper) === true,
      );
      const names = `one of ${desc.values.map(({ name }) => name).join(', ')}`;
      this.report(
        'unknown-enum-value',
        container,
        key,
        show(json),
        from ? `${names}; ${upper} is known from Envoy ${from} on` : names,
      );
      return undefined;
    }
    this.witness?.enumValue(field, number);
    const state = this.set.plans.enumValueState(desc, number);
    const name = desc.value[number]?.name;
    if (number !== 0 && name && (state.disallowed || state.deprecated)) {
      const full = `${desc.typeName}.${name}`;
      const retired = state.disallowed && !this.allowsRetired(full);
      this.report(
        retired ? 'disallowed-field' : 'deprecated-field',
        container,
        key,
        `${retired ? 'retired' : 'deprecated'} value ${full}`,
        'another value',
      );
    }
    return name ?? number;
  }
}

/** Whatever stands in this place, it is not held to be a registered extension. */
const UNJUDGED: readonly string[] = [];

/** An optional filter may be unknown to an Envoy; so may a per-route configuration that is switched off. */
const isDispensable = (plan: MessagePlan, json: JsonObject): boolean =>
  plan.typedConfig !== undefined
    ? isOptional(json)
    : plan.desc.typeName === FILTER_CONFIG && (isOptional(json) || json.disabled === true);

/** The field's own note wins over what its holder inherited, unless it is the place that the holder's note is about. */
function slotOf(field: FieldPlan, inherited: readonly string[] | undefined): readonly string[] | undefined {
  if (inherited === UNJUDGED) return undefined;
  return field.desc.name === 'typed_config' ? (inherited ?? field.categories) : field.categories;
}

const takesNull = ({ value }: FieldPlan): boolean =>
  value.kind === 'message' && value.desc.typeName === 'google.protobuf.Value';

function emptyOf(field: FieldPlan): JsonValue {
  if (takesNull(field)) return null;
  if (field.value.kind === 'scalar') return emptyScalar(field.value.type);
  return field.value.kind === 'enum' ? 0 : {};
}

/** STRING is 9 and BYTES 12, BOOL 8 in `descriptor.proto`; all others are numbers, which take "0" as text too. */
const emptyScalar = (type: number): JsonValue =>
  type === 9 || type === 12 ? '' : type === 8 ? false : SIXTY_FOUR.has(type) ? '0' : 0;
const SIXTY_FOUR = new Set([3, 4, 6, 16, 18]);

function isDefaultOf(field: FieldPlan, value: JsonValue): boolean {
  if (field.shape === 'list') return (value as JsonArray).length === 0;
  if (field.shape === 'map') return Object.keys(value as JsonObject).length === 0;
  if (field.value.kind === 'message') return false;
  if (field.value.kind === 'enum') return value === 0 || value === field.value.enum.value[0]?.name;
  return isDefault(value);
}

/** `__proto__` is a name like any other in a config. */
export function put(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

function emit(
  plan: MessagePlan,
  json: JsonObject,
  found: readonly (JsonValue | undefined)[],
  spellings: readonly (string | undefined)[],
  renamed: boolean,
): JsonObject {
  const result: JsonObject = {};
  for (const field of plan.fields) {
    const value = found[field.index];
    if (value === undefined || ((field.implicit || field.shape !== 'one') && isDefaultOf(field, value))) continue;
    result[field.name] = value;
  }
  const place = placeOf(json);
  if (!place) return result;
  if (!renamed) return setPlace(result, place);
  const keys = new Map(place.keys);
  const values = new Map(place.values);
  for (const field of plan.fields) {
    const spelling = spellings[field.index];
    if (spelling === undefined || spelling === field.name) continue;
    const keyAt = place.keys.get(spelling);
    const valueAt = place.values.get(spelling);
    keys.delete(spelling);
    values.delete(spelling);
    if (keyAt !== undefined) keys.set(field.name, keyAt);
    if (valueAt !== undefined) values.set(field.name, valueAt);
  }
  return setPlace(result, { ...place, keys, values });
}

export function carryPlace<T extends object>(from: object, to: T): T {
  const place = placeOf(from);
  return place ? setPlace(to, place) : to;
}

/** Free-form JSON (`google.protobuf.Struct`, `Value`): kept as it is, members sorted, since a map has no order. */
export function copyFree(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return carryPlace(json, json.map(copyFree));
  if (!isJsonObject(json)) return json;
  const result: JsonObject = {};
  for (const key of Object.keys(json).sort()) put(result, key, copyFree(json[key] ?? null));
  return carryPlace(json, result);
}
