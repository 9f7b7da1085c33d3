import type { JsonArray, JsonObject, JsonValue } from '../../json.ts';
import { isJsonObject } from '../../json.ts';
import { setPlace } from '../../places.ts';
import type { SourceFile } from '../../source-location.ts';

const NO_KEYS: ReadonlyMap<string, number> = new Map();

/**
 * Gives a Jsonnet result its places. An evaluator does not tell where a value came from, so all of it stands at the start of the
 * file, but for one case: a resource whose name is written in the file exactly once stands where its name does.
 */
export function placeJsonnetResult(documents: readonly JsonValue[], source: SourceFile, text: string): JsonValue[] {
  return documents.map((document) => {
    if (!Array.isArray(document)) return placed(document, source, nameOffset(document, text) ?? 0);
    return withPlace(
      document.map((item) => placed(item, source, nameOffset(item, text) ?? 0)),
      source,
      0,
    );
  });
}

function nameOffset(item: JsonValue, text: string): number | undefined {
  const name = isJsonObject(item) ? (item.name ?? item.cluster_name ?? item.clusterName) : undefined;
  if (typeof name !== 'string' || name === '') return undefined;
  const found = [`'${name}'`, `"${name}"`].flatMap((literal) => {
    const first = text.indexOf(literal);
    return first === -1 ? [] : [first, text.indexOf(literal, first + 1)];
  });
  const real = found.filter((offset) => offset !== -1);
  return real.length === 1 ? real[0] : undefined;
}

function placed(value: JsonValue, source: SourceFile, offset: number): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return withPlace(
      value.map((item) => placed(item, source, offset)),
      source,
      offset,
    );
  const object: JsonObject = {};
  for (const [key, member] of Object.entries(value)) object[key] = placed(member, source, offset);
  return withPlace(object, source, offset);
}

function withPlace<T extends JsonObject | JsonArray>(container: T, file: SourceFile, offset: number): T {
  return setPlace(container, { file, offset, keys: NO_KEYS, values: NO_KEYS, via: [] });
}
