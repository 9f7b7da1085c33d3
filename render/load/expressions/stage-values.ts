import { isJsonObject, type JsonObject } from '../../json.ts';
import { placeOf, setPlace } from '../../places.ts';
import { ABSENT } from './scope.ts';
import { type Expansion, Substitution } from './substitute.ts';

/** Name of the values file that holds for every stage. */
export const COMMON_VALUES = 'common';

/** A stage's values over the common ones: mappings are merged member by member, all else replaces. `${stage}` is replaced in them. */
export function stageValues(values: ReadonlyMap<string, JsonObject>, stage: string, expansion: Expansion): JsonObject {
  const merged = mergeValues(values.get(COMMON_VALUES) ?? {}, values.get(stage) ?? {});
  const copied = new Substitution({ stage, values: undefined }, [], expansion).object(merged);
  return copied === ABSENT ? {} : copied;
}

function mergeValues(under: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isJsonObject(value) && isJsonObject(below) ? mergeValues(below, value) : value;
  }
  const place = placeOf(over) ?? placeOf(under);
  return place ? setPlace(merged, place) : merged;
}
