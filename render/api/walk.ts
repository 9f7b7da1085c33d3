import type { DescMessage } from '@bufbuild/protobuf';
import type { Finding } from '../finding.ts';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { keyLocation, locationOf, valueLocation, viaOf } from '../places.ts';
import type { SourceLocation } from '../source-location.ts';
import { walkAny } from './any/walk-any.ts';
import type { ApiSet } from './api-set.ts';
import { show } from './constraints/compile-rules.ts';
import { checkSlot } from './extensions/check-slot.ts';
import { isDispensable, slotOf, UNJUDGED } from './extensions/inherited-slot.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';
import { type ApiRule, severityOf } from './rules.ts';
import { knownFrom, unknownFieldWant } from './unknown-names.ts';
import { canonicalObject, carryPlace, put } from './values/canonical-object.ts';
import { emptyOf, isDefaultOf, takesNull } from './values/field-defaults.ts';
import { type Read, readScalar } from './values/read-scalar.ts';
import { reportRetired } from './values/retired-field.ts';
import { walkEnum } from './values/walk-enum.ts';
import { readWellKnown } from './values/well-known-messages.ts';
import type { Witness } from './witness.ts';

/** A finding of this room: `saw` begins with `path`, which is spelled as the config spells it. */
export type ApiFinding = Finding & { readonly path: string };

export type WalkOptions = {
  /** Where a finding stands when the JSON has no places. */
  readonly at: SourceLocation;
  readonly resource?: string;
  /** Retired fields (full names) that a runtime key of the bootstrap allows. */
  readonly allowedFields?: ReadonlySet<string>;
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
    return canonicalObject(plan, json, found, spellings, renamed);
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
    if (value !== undefined && !(field.implicit && isDefaultOf(field, value))) reportRetired(this, field, holder, key);
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
    if (value.kind === 'enum') return walkEnum(this, field, json, container, key);
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
    if (desc.typeName === 'google.protobuf.Any' && isJsonObject(json)) return walkAny(this, json, categories);
    const read = readWellKnown(desc, json);
    if (read) return this.#taken(read, json, container, key);
    if (isJsonObject(json)) return this.message(this.set.plans.planOf(desc), json, categories);
    this.report('wrong-type', container, key, show(json), `a mapping (${desc.typeName})`);
    return undefined;
  }

  #taken(read: Read, json: JsonValue, container: object, key: string | number): JsonValue | undefined {
    if ('value' in read) return read.value;
    this.report(read.rule, container, key, show(json), read.want);
    return undefined;
  }
}
