import { isJsonObject, type JsonValue } from '../json.ts';

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

/** A value in a few words for a finding: `the number 1.4`, `"abc"`, `a list of 3`. */
export function describeValue(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (isJsonObject(value)) {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an empty mapping' : `a mapping (${shorten(keys.join(', '))})`;
  }
  return typeof value === 'string' ? JSON.stringify(shorten(value)) : `the ${typeof value} ${value}`;
}
