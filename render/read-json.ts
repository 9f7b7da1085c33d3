import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

// Readers of JSON. A member that is absent, or of another kind, reads as the "not there" value of each.

export function member(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let at = value;
  for (const key of path) at = isJsonObject(at) ? at[key] : undefined;
  return at;
}

export function objectAt(value: JsonValue | undefined, ...path: readonly string[]): JsonObject | undefined {
  const found = member(value, ...path);
  return isJsonObject(found) ? found : undefined;
}

export function listAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] {
  const found = member(value, ...path);
  return Array.isArray(found) ? found : [];
}

export const objectsAt = (value: JsonValue | undefined, ...path: readonly string[]): readonly JsonObject[] =>
  listAt(value, ...path).filter(isJsonObject);

export function textAt(value: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const found = member(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** With the default of proto3 for what is absent. */
export const stringAt = (value: JsonValue | undefined, ...path: readonly string[]): string =>
  textAt(value, ...path) ?? '';

export const textsAt = (value: JsonValue | undefined, ...path: readonly string[]): readonly string[] =>
  listAt(value, ...path).filter((item) => typeof item === 'string');

/** A number, also one that proto3 JSON writes as a string (64-bit integers). */
export function numberAt(value: JsonValue | undefined, ...path: readonly string[]): number | undefined {
  const found = member(value, ...path);
  if (typeof found === 'number') return found;
  return typeof found === 'string' && found !== '' && Number.isFinite(Number(found)) ? Number(found) : undefined;
}

export const flagAt = (value: JsonValue | undefined, ...path: readonly string[]): boolean =>
  member(value, ...path) === true;
