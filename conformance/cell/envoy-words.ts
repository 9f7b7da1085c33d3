import { isJsonObject, type JsonValue } from '../../render/json.ts';
import { keyLocation, valueLocation } from '../../render/places.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { SourceLocation } from '../../render/source-location.ts';

/** Where in the mesh config Envoy's words point. */
export type EnvoyWordsPlace = { readonly at: SourceLocation; readonly resource: string };

type Spot = { readonly text: string; readonly at: SourceLocation };

/** Every text and number of a resource, and every key, with its place; in the order in which they are written. */
function spotsOf(body: JsonValue): { readonly values: readonly Spot[]; readonly keys: readonly Spot[] } {
  const values: Spot[] = [];
  const keys: Spot[] = [];
  const walk = (container: JsonValue): void => {
    if (!Array.isArray(container) && !isJsonObject(container)) return;
    for (const [key, member] of Object.entries(container)) {
      const keyAt = Array.isArray(container) ? undefined : keyLocation(container, key);
      if (keyAt && key !== '@type') keys.push({ text: key, at: keyAt });
      const at = valueLocation(container, key);
      const isText = typeof member === 'string' || typeof member === 'number';
      if (at && isText && key !== '@type') values.push({ text: String(member), at });
      else walk(member);
    }
  };
  walk(body);
  return { values, keys };
}

/** Envoy may say where in its own source it refused something, which helps nobody with a configuration. */
const SOURCE_TRACE = /\s*=== Source Location Trace: ===(?:\s+\S+\.(?:cc|h):\d+)*\s*/g;

/** Envoy's words, without the places in its own source. */
export const plainWords = (words: string): string => words.replaceAll(SOURCE_TRACE, ' ').trim();

/** The texts that Envoy put in quotes or after `name:`, without its dumps of whole messages. */
const quotedIn = (words: string): string[] =>
  [...words.matchAll(/'([^'\n]{1,200})'|"([^"\n]{1,200})"|\bname: ([^\s,;'"]{2,200})/g)].map(
    ([, single, double, named]) => single ?? double ?? named ?? '',
  );

const longest = (spots: readonly Spot[]): Spot | undefined =>
  spots.reduce<Spot | undefined>(
    (best, spot) => (best && best.text.length >= spot.text.length ? best : spot),
    undefined,
  );
/** The one spot of several that say the same; undefined when they say different things. */
const unanimous = (spots: readonly Spot[]): Spot | undefined =>
  spots.every(({ text }) => text === spots[0]?.text) ? spots[0] : undefined;
const only = (spots: readonly Spot[]): Spot | undefined => (spots.length === 1 ? spots[0] : undefined);

/** Long enough, or no mere English word: such a text does not stand in Envoy's words by chance. */
const isTelling = (text: string): boolean => text.length >= (/[^a-zA-Z]/.test(text) ? 4 : 20);
/** A field of two words or more, said in plain English: `trustedCa` of "Failed to load trusted CA certificates". */
const isSpokenOf = (field: string, words: string): boolean =>
  /^[a-z]+[A-Z]/.test(field) &&
  ` ${words.toLowerCase()} `.includes(` ${field.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()} `);
const camelCase = (field: string): string =>
  field.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/**
 * What within `resource` the words are about. Envoy names no places, but nearly always quotes the offending value, a part of it (the
 * unknown command of a format, the repetition of a regular expression), or the name of the field. In the order of their weight; only
 * what leaves no choice counts.
 */
function spotIn(resource: Resource, words: string): SourceLocation | undefined {
  const { values: all, keys } = spotsOf(resource.body);
  const values = all.filter(({ text }) => text !== resource.name && text.length > 1);
  const quoted = quotedIn(words).filter((text) => text !== resource.name);
  const isQuoted = ({ text }: Spot): boolean => quoted.includes(text);
  const tail = words.split('\n')[0] ?? '';
  const pieces = [
    ...quoted.filter(isTelling),
    ...[...words.matchAll(/[^\s,;]{3,}/g)]
      .map(([token]) => token)
      .filter((token) => /^[A-Z][A-Z0-9_]+$|[%{}()|]/.test(token)),
  ];
  const fields = [
    ...quoted,
    // Of `retry_policy.max_interval` the last name tells the most.
    ...[...words.matchAll(/[a-z0-9_.]*_[a-z0-9_.]*/g)].flatMap(([path]) => path.split('.').reverse()),
  ].map(camelCase);
  const found =
    only(keys.filter(isQuoted)) ??
    longest(values.filter(isQuoted)) ??
    longest(values.filter(({ text }) => text.length > 3 && tail.endsWith(`: ${text}`))) ??
    longest(values.filter(({ text }) => isTelling(text) && nameStandsIn(words, text))) ??
    firstFound(pieces, (piece) => unanimous(values.filter(({ text }) => text.includes(piece)))) ??
    firstFound(fields, (field) => only(keys.filter(({ text }) => text === field))) ??
    only(keys.filter(({ text }) => isSpokenOf(text, words)));
  return found?.at;
}

function firstFound<T>(items: readonly T[], find: (item: T) => Spot | undefined): Spot | undefined {
  for (const item of items) {
    const spot = find(item);
    if (spot) return spot;
  }
  return undefined;
}

const nameStandsIn = (words: string, name: string): boolean => {
  if (name === '') return false;
  for (let at = words.indexOf(name); at !== -1; at = words.indexOf(name, at + 1)) {
    const edge = (character: string | undefined): boolean => character === undefined || !/[\w.-]/.test(character);
    const after = words[at + name.length];
    if (edge(words[at - 1]) && (edge(after) || (after === '.' && edge(words[at + name.length + 1])))) return true;
  }
  return false;
};

/**
 * Finds what Envoy complains of: the resource whose name stands in its words (the longest such name; with `address:port` of a
 * listener counting as its name), and in it the value that the words quote. Undefined when the words name none.
 */
export function placeEnvoyWords(words: string, candidates: readonly Resource[]): EnvoyWordsPlace | undefined {
  const named = candidates
    .filter((resource) => namesOf(resource).some((name) => nameStandsIn(words, name)))
    .sort((a, b) => b.name.length - a.name.length);
  // "listener 'edge': … unknown cluster 'x'": of several names the one that Envoy says first is the resource it was reading.
  const first = named.sort((a, b) => positionOf(a, words) - positionOf(b, words))[0];
  if (!first) return undefined;
  return { at: spotIn(first, words) ?? first.at, resource: resourceLabel(first) };
}

/**
 * For words that name no resource: the one of `candidates` that has what they are about. Undefined where none has, or several.
 */
export function placeByContent(words: string, candidates: readonly Resource[]): EnvoyWordsPlace | undefined {
  const places = candidates.flatMap((resource) => {
    const at = spotIn(resource, words);
    return at ? [{ at, resource: resourceLabel(resource) }] : [];
  });
  return places.length === 1 ? places[0] : undefined;
}

const positionOf = (resource: Resource, words: string): number => {
  const positions = namesOf(resource)
    .map((name) => words.indexOf(name))
    .filter((at) => at >= 0);
  return positions.length > 0 ? Math.min(...positions) : Number.MAX_SAFE_INTEGER;
};

function namesOf({ kind, name, body }: Resource): string[] {
  if (kind !== 'listener') return [name];
  const address = isJsonObject(body.address) ? body.address.socketAddress : undefined;
  if (!isJsonObject(address)) return [name];
  const host = String(address.address ?? '');
  return [name, `${host.includes(':') ? `[${host}]` : host}:${String(address.portValue ?? 0)}`];
}
