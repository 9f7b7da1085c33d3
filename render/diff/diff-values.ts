import { isJsonObject, type JsonArray, type JsonObject, type JsonPath, type JsonValue } from '../json.ts';
import { valueLocation } from '../places.ts';
import { canonicalJson } from '../snapshot.ts';
import type { SourceLocation } from '../source-location.ts';
import type { FieldChange } from './field-change.ts';
import { isScalarSet, listKindOf } from './list-identity.ts';

type Side = { readonly path: JsonPath; readonly at: SourceLocation };
type Spot = { readonly label: string; readonly field: string; readonly before: Side; readonly after: Side };

/** `connectTimeout` → `connect_timeout`; keys of maps (`envoy.filters.http.…`) stay as they are. */
const written = (key: string): string =>
  /^[a-z][A-Za-z0-9]*$/.test(key) ? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key;

/** All differences between two bodies, in the order of their fields' names. */
export function diffValues(
  before: JsonObject,
  after: JsonObject,
  at: { readonly before: SourceLocation; readonly after: SourceLocation },
): readonly FieldChange[] {
  const found: FieldChange[] = [];
  const root = { label: '', field: '', before: { path: [], at: at.before }, after: { path: [], at: at.after } };
  compareObjects(before, after, root, found);
  return found;
}

const inside = (side: Side, holder: object, key: string | number): Side => ({
  path: [...side.path, key],
  at: valueLocation(holder, key) ?? side.at,
});

/** Keys come from files: `constructor` is one like any other. */
const own = (from: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(from, key) ? from[key] : undefined;

const isAbsent = (value: JsonValue | undefined): value is undefined => value === undefined;

function compareObjects(before: JsonObject, after: JsonObject, spot: Spot, found: FieldChange[]): void {
  for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const next: Spot = {
      label: spot.label === '' ? written(key) : `${spot.label}.${written(key)}`,
      field: key,
      before: inside(spot.before, before, key),
      after: inside(spot.after, after, key),
    };
    compare(own(before, key), own(after, key), next, found);
  }
}

function compare(before: JsonValue | undefined, after: JsonValue | undefined, spot: Spot, found: FieldChange[]): void {
  if (isAbsent(before) && isAbsent(after)) return;
  if (isAbsent(before) && !isAbsent(after)) {
    if (Array.isArray(after)) compareLists([], after, spot, found);
    else found.push({ kind: 'added', field: spot.label, after, afterAt: spot.after.at, afterPath: spot.after.path });
    return;
  }
  if (isAbsent(after) && !isAbsent(before)) {
    if (Array.isArray(before)) compareLists(before, [], spot, found);
    else
      found.push({
        kind: 'removed',
        field: spot.label,
        before,
        beforeAt: spot.before.at,
        beforePath: spot.before.path,
      });
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, spot, found);
  // Another type of configuration altogether: field by field would be noise.
  else if (isJsonObject(before) && isJsonObject(after) && before['@type'] === after['@type'])
    compareObjects(before, after, spot, found);
  else if (canonicalJson(before as JsonValue) !== canonicalJson(after as JsonValue))
    found.push({
      kind: 'changed',
      field: spot.label,
      before: before as JsonValue,
      after: after as JsonValue,
      beforeAt: spot.before.at,
      afterAt: spot.after.at,
      beforePath: spot.before.path,
      afterPath: spot.after.path,
    });
}

type Member = { readonly value: JsonValue; readonly index: number; readonly id: string };

/** Each member with a name of its own: equal ones are numbered, so that the first goes with the first. */
function membersOf(list: JsonArray, identify: (value: JsonValue) => string): readonly Member[] {
  const seen = new Map<string, number>();
  return list.map((value, index) => {
    const plain = identify(value);
    const count = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, count);
    return { value, index, id: count === 1 ? plain : `${plain} (${count})` };
  });
}

function compareLists(before: JsonArray, after: JsonArray, spot: Spot, found: FieldChange[]): void {
  const kind = listKindOf(spot.field, [...before, ...after]);
  const identify = (value: JsonValue): string =>
    isJsonObject(value) ? kind.identify(value) : typeof value === 'string' ? value : canonicalJson(value);
  const isOrdered = [...before, ...after].some(isJsonObject) ? kind.ordered : !isScalarSet(spot.field);
  const old = membersOf(before, identify);
  const now = membersOf(after, identify);
  const oldById = new Map(old.map((member) => [member.id, member]));
  const nowById = new Map(now.map((member) => [member.id, member]));
  const label = (id: string): string => `${spot.label}[${id}]`;
  for (const { id, value, index } of old)
    if (!nowById.has(id)) {
      const { at, path } = inside(spot.before, before, index);
      found.push({ kind: 'removed', field: label(id), before: value, beforeAt: at, beforePath: path });
    }
  const moved = isOrdered
    ? movedOf(
        old.filter(({ id }) => nowById.has(id)),
        now.filter(({ id }) => oldById.has(id)),
      )
    : new Set();
  for (const { id, value, index } of now) {
    const earlier = oldById.get(id);
    const here = inside(spot.after, after, index);
    if (!earlier) {
      found.push({ kind: 'added', field: label(id), after: value, afterAt: here.at, afterPath: here.path });
      continue;
    }
    const there = inside(spot.before, before, earlier.index);
    if (moved.has(id))
      found.push({
        kind: 'moved',
        field: label(id),
        before: earlier.index + 1,
        after: index + 1,
        beforeAt: there.at,
        afterAt: here.at,
        beforePath: there.path,
        afterPath: here.path,
      });
    compare(earlier.value, value, { label: label(id), field: '', before: there, after: here }, found);
  }
}

/** The fewest members that explain the new order: all but the longest run that kept its order. */
function movedOf(old: readonly Member[], now: readonly Member[]): ReadonlySet<string> {
  const position = new Map(old.map(({ id }, index) => [id, index]));
  const order = now.map(({ id }) => position.get(id) ?? 0);
  // Patience: `tails[n]` is the index in `now` that ends the best run of length n + 1.
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  order.forEach((value, index) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((order[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? tails[low - 1] : undefined;
    tails[low] = index;
  });
  const kept = new Set<number>();
  for (let at = tails.at(-1); at !== undefined; at = previous[at]) kept.add(at);
  return new Set(now.filter((_, index) => !kept.has(index)).map(({ id }) => id));
}
