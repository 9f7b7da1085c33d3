import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { placeOf, setPlace } from '../../places.ts';
import type { MessagePlan } from '../message-plan.ts';
import { isDefaultOf } from './field-defaults.ts';

/** `__proto__` is a name like any other in a config. */
export function put(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** The fields that were found, in the order of the message, with their places; `spellings` are what the config calls them. */
export function canonicalObject(
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
