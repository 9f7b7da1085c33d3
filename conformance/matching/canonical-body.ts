import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import { placeOf, setPlace } from '../../render/places.ts';
import { textAt } from '../../render/read-json.ts';

/** The message name of an Any: `envoy.extensions.filters.http.router.v3.Router`; empty for what is none. */
export function typeOf(any: JsonValue | undefined): string {
  const url = textAt(any, '@type') ?? '';
  const name = url.slice(url.lastIndexOf('/') + 1);
  // A struct in the place of a message names the message that it stands for.
  if (name !== 'xds.type.v3.TypedStruct' && name !== 'udpa.type.v1.TypedStruct') return name;
  const inner = textAt(any, 'typeUrl') ?? '';
  return inner.slice(inner.lastIndexOf('/') + 1);
}

/** `1.5s` → 1500; undefined for what is no duration. */
export function durationMsAt(value: JsonValue | undefined, ...path: readonly string[]): number | undefined {
  const text = textAt(value, ...path);
  const match = text === undefined ? null : /^(-?\d+(?:\.\d+)?)s$/.exec(text);
  return match ? Number(match[1]) * 1000 : undefined;
}

/** Every container below and at `root`, outer ones first. */
export function* containersIn(root: JsonValue): Generator<JsonObject> {
  if (Array.isArray(root)) for (const item of root) yield* containersIn(item);
  else if (isJsonObject(root)) {
    yield root;
    for (const value of Object.values(root)) yield* containersIn(value);
  }
}

/** A deep copy whose containers keep their places. */
export function copyOf<T extends JsonValue>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy = (
    Array.isArray(value)
      ? value.map(copyOf)
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]))
  ) as T & object;
  const place = placeOf(value);
  return place ? setPlace(copy, place) : copy;
}
