import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

// Readers of canonical proto3 JSON. A member that is absent has its default value, so each reader gives that.

export const objectAt = (from: JsonObject | undefined, key: string): JsonObject | undefined => {
  const value = from?.[key];
  return isJsonObject(value) ? value : undefined;
};

export const objectsAt = (from: JsonObject | undefined, key: string): readonly JsonObject[] => {
  const value = from?.[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
};

export const listAt = (from: JsonObject | undefined, key: string): readonly JsonValue[] => {
  const value = from?.[key];
  return Array.isArray(value) ? value : [];
};

export const stringAt = (from: JsonObject | undefined, key: string): string => {
  const value = from?.[key];
  return typeof value === 'string' ? value : '';
};

export const stringsAt = (from: JsonObject | undefined, key: string): readonly string[] =>
  listAt(from, key).filter((item) => typeof item === 'string');

/** A number, also one that proto3 JSON writes as a string (64-bit integers). */
export const numberAt = (from: JsonObject | undefined, key: string): number | undefined => {
  const value = from?.[key];
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value !== '' && Number.isFinite(Number(value))) return Number(value);
  return undefined;
};

export const flagAt = (from: JsonObject | undefined, key: string): boolean => from?.[key] === true;
