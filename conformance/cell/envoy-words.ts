import { isJsonObject, type JsonValue } from '../../render/json.ts';
import { valueLocation } from '../../render/places.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { SourceLocation } from '../../render/source-location.ts';

/** Where in the mesh config Envoy's words point. */
export type EnvoyWordsPlace = { readonly at: SourceLocation; readonly resource: string };

type Spot = { readonly text: string; readonly at: SourceLocation };

function* scalarsOf(value: JsonValue): Generator<Spot> {
  if (Array.isArray(value) || isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (typeof member === 'object' && member !== null) {
        yield* scalarsOf(member);
      } else {
        const at = valueLocation(value, key);
        if (at && key !== '@type' && member !== null) yield { text: String(member), at };
      }
    }
  }
}

/** The texts that Envoy put in quotes, without its dumps of whole messages. */
const quotedIn = (words: string): string[] =>
  [...words.matchAll(/'([^'\n]{1,200})'|"([^"\n]{1,200})"/g)].map(([, single, double]) => single ?? double ?? '');

/**
 * The value within `resource` that `words` quote: the longest one whose text stands in quotes or at the end of the words, and
 * that is not the resource's own name. Envoy names no fields, but nearly always the offending value.
 */
function spotIn(resource: Resource, words: string): SourceLocation | undefined {
  const quoted = new Set(quotedIn(words));
  const tail = words.trimEnd().split('\n')[0] ?? '';
  let best: Spot | undefined;
  for (const spot of scalarsOf(resource.body)) {
    if (spot.text === resource.name || spot.text.length < 2) continue;
    const named = quoted.has(spot.text) || (spot.text.length > 3 && tail.endsWith(`: ${spot.text}`));
    if (named && spot.text.length > (best?.text.length ?? 0)) best = spot;
  }
  return best?.at;
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

const positionOf = (resource: Resource, words: string): number => {
  const positions = namesOf(resource)
    .map((name) => words.indexOf(name))
    .filter((at) => at >= 0);
  return positions.length > 0 ? Math.min(...positions) : Number.MAX_SAFE_INTEGER;
};

function namesOf({ kind, name, body }: Resource): string[] {
  if (kind !== 'listener') return [name];
  const address = isJsonObject(body['address']) ? body['address']['socketAddress'] : undefined;
  if (!isJsonObject(address)) return [name];
  const host = String(address['address'] ?? '');
  return [name, `${host.includes(':') ? `[${host}]` : host}:${String(address['portValue'] ?? 0)}`];
}
