import { isJsonObject, type JsonArray, type JsonObject, type JsonPath } from '../json.ts';

/** One object met on a walk: where it is, what it stands in, and the message of the nearest `@type` at or above it. */
export type Visit = {
  readonly object: JsonObject;
  readonly path: JsonPath;
  /** Full message name without `type.googleapis.com/`; undefined where no Any is above. */
  readonly message: string | undefined;
  /** The key that led here; for a member of a list, the key of the list. */
  readonly key: string;
  /** The objects above, nearest first. */
  readonly above: readonly JsonObject[];
};

/** `type.googleapis.com/a.b.C` → `a.b.C` */
export const messageOf = (any: JsonObject): string | undefined => {
  const type = any['@type'];
  return typeof type === 'string' ? type.slice(type.lastIndexOf('/') + 1) : undefined;
};

const MAX_DEPTH = 200;

/** Members of type `google.protobuf.Struct`: free-form, so what looks like a field in them is none (`json_format: {cluster: …}`). */
const FREE_FORM = new Set(['jsonFormat', 'filterMetadata', 'layer', 'staticLayer']);
const FREE_FORM_ANY = /\.(TypedStruct|Struct|Value)$/;

/** A step of the walk; path and ancestors are only put together where somebody asks for them. */
class Step implements Visit {
  readonly object: JsonObject;
  readonly message: string | undefined;
  readonly key: string;
  readonly depth: number;
  readonly #parent: Step | undefined;
  readonly #steps: JsonPath;
  constructor(object: JsonObject, key: string, steps: JsonPath, parent: Step | undefined) {
    this.object = object;
    this.key = key;
    this.message = messageOf(object) ?? parent?.message;
    this.depth = (parent?.depth ?? 0) + steps.length;
    this.#parent = parent;
    this.#steps = steps;
  }
  get path(): JsonPath {
    return this.#parent ? [...this.#parent.path, ...this.#steps] : this.#steps;
  }
  get above(): readonly JsonObject[] {
    const found: JsonObject[] = [];
    for (let at = this.#parent; at; at = at.#parent) found.push(at.object);
    return found;
  }
}

/** Visits every object of `root`, parents first, Anys of every kind included: a filter nobody here knows is walked like any other. */
export function walkObjects(root: JsonObject, visit: (found: Visit) => void): void {
  const walkList = (list: JsonArray, key: string, steps: JsonPath, parent: Step): void => {
    if (parent.depth + steps.length > MAX_DEPTH) return;
    list.forEach((item, index) => {
      if (Array.isArray(item)) walkList(item, key, [...steps, index], parent);
      else if (isJsonObject(item)) walk(new Step(item, key, [...steps, index], parent));
    });
  };
  const walk = (step: Step): void => {
    if (step.depth > MAX_DEPTH) return;
    visit(step);
    if (FREE_FORM_ANY.test(messageOf(step.object) ?? '')) return;
    for (const key of Object.keys(step.object)) {
      if (FREE_FORM.has(key)) continue;
      const member = step.object[key];
      if (Array.isArray(member)) walkList(member, key, [key], step);
      else if (isJsonObject(member)) walk(new Step(member, key, [key], step));
    }
  };
  walk(new Step(root, '', [], undefined));
}
