import type { JsonValue } from '../../../render/json.ts';
import { placeOf } from '../../../render/places.ts';

/** A value with every place in it, as plain data to compare. */
export function dumpPlaces(value: JsonValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const place = placeOf(value);
  const members = Object.entries(value).map(([key, member]) => ({
    key,
    keyAt: place?.keys.get(key),
    // where nothing is written there is no place to agree on
    valueAt: member === null ? 'null' : place?.values.get(key),
    value: dumpPlaces(member),
  }));
  return { list: Array.isArray(value), offset: place?.offset, members };
}
