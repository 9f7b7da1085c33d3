import type { JsonPath, JsonValue } from './json.ts';
import { locationIn, type SourceFile, type SourceLocation } from './source-location.ts';

/**
 * Where a container (mapping or list) and its members stand. Scalars have no identity in JavaScript, so their places are kept
 * by the container that holds them.
 */
export type ContainerPlace = {
  readonly file: SourceFile;
  /** Offset of the container itself. */
  readonly offset: number;
  /** Offset of each member's key (mappings only). */
  readonly keys: ReadonlyMap<string, number>;
  /** Offset of each member's value, by key or by index as a string. */
  readonly values: ReadonlyMap<string, number>;
  /** The line that used the template which this container came from; several when templates use templates, nearest first. */
  readonly via: readonly SourceLocation[];
};

const PLACE = Symbol('place');
type Placed = object & { [PLACE]?: ContainerPlace };

/** Gives `container` its place. The place is invisible to `Object.keys`, `JSON.stringify`, spreads and equality of tests. */
export function setPlace<T extends object>(container: T, place: ContainerPlace): T {
  Object.defineProperty(container, PLACE, { value: place, enumerable: false, configurable: true, writable: true });
  return container;
}

export const placeOf = (container: object): ContainerPlace | undefined => (container as Placed)[PLACE];

export const locationOf = (container: object): SourceLocation | undefined => {
  const place = placeOf(container);
  return place && locationIn(place.file, place.offset);
};

/** The place of a member's key if it has one (for "this key is unknown"), else of its value, else of the container. */
export function keyLocation(container: object, key: string | number): SourceLocation | undefined {
  const place = placeOf(container);
  if (!place) return undefined;
  return locationIn(place.file, place.keys.get(String(key)) ?? place.values.get(String(key)) ?? place.offset);
}

/** The place of a member's value, else of its key, else of the container. */
export function valueLocation(container: object, key: string | number): SourceLocation | undefined {
  const place = placeOf(container);
  if (!place) return undefined;
  return locationIn(place.file, place.values.get(String(key)) ?? place.keys.get(String(key)) ?? place.offset);
}

/** Follows `path` from `root` as far as values exist and have places; the last place seen wins, so there is one whenever `root` has one. */
export function locate(root: JsonValue, path: JsonPath): SourceLocation | undefined {
  let at: SourceLocation | undefined;
  let value: JsonValue | undefined = root;
  if (typeof value === 'object' && value !== null) at = locationOf(value);
  for (const step of path) {
    if (typeof value !== 'object' || value === null) break;
    at = valueLocation(value, step) ?? at;
    value = (value as Record<string, JsonValue>)[String(step)];
  }
  return at;
}

/** The template uses that led to `container`, nearest first; empty for text that was written where it stands. */
export const viaOf = (container: object): readonly SourceLocation[] => placeOf(container)?.via ?? [];
