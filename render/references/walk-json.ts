import { isJsonObject, type JsonObject, type JsonPath, type JsonValue } from '../json.ts';

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

const MAX_DEPTH = 200;

/** `type.googleapis.com/a.b.C` → `a.b.C` */
export const messageOf = (any: JsonObject): string | undefined => {
  const type = any['@type'];
  return typeof type === 'string' ? type.slice(type.lastIndexOf('/') + 1) : undefined;
};

/** Visits every object of `root`, parents first, Anys of every kind included: a filter nobody here knows is walked like any other. */
export function walkObjects(root: JsonObject, visit: (found: Visit) => void): void {
  const step = (
    value: JsonValue,
    path: JsonPath,
    message: string | undefined,
    key: string,
    above: readonly JsonObject[],
  ): void => {
    if (path.length > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        step(item, [...path, index], message, key, above);
      });
      return;
    }
    if (!isJsonObject(value)) return;
    const own = messageOf(value) ?? message;
    visit({ object: value, path, message: own, key, above });
    const inside = [value, ...above];
    for (const name of Object.keys(value)) {
      const member = value[name];
      if (typeof member === 'object' && member !== null) step(member, [...path, name], own, name, inside);
    }
  };
  step(root, [], undefined, '', []);
}
