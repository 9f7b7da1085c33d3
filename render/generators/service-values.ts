import type { JsonObject } from '../json.ts';
import type { KnownService } from './generator.ts';

/**
 * Names are for stats, domains and paths: what DNS, Consul and Kubernetes allow, and no `*`, which would be every domain.
 */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
/**
 * Nothing that Envoy would read as something else than itself: `%` begins a command of its formatter, `*` is a wildcard, `{}` belongs to
 * path templates, `\` and other signs to regular expressions.
 */
const TAG_VALUE = /^[A-Za-z0-9 _.,:;=+@~/-]{0,256}$/;

export const NAME_WANTED =
  'a name of 1 to 63 letters, digits, ., _ and -, which begins and ends with a letter or a digit';
export const VALUE_WANTED = 'at most 256 letters, digits, spaces and _.,:;=+@~/-';

export const isServiceName = (name: string): boolean => NAME.test(name) && !name.includes('..');
export const isTagValue = (value: string): boolean => TAG_VALUE.test(value);

/** What `${service.…}` is: of several tags of one key, the first by order counts, whichever came first. */
export function serviceScope({ name, tags }: KnownService): JsonObject {
  const values = new Map<string, string>();
  for (const tag of tags.toSorted()) {
    const at = tag.indexOf('=');
    const key = tag.slice(0, at);
    if (at > 0 && !values.has(key)) values.set(key, tag.slice(at + 1));
  }
  return { name, tags: Object.fromEntries(values) };
}

/** Words of outsiders for people: cut, and without control characters. */
export const shownText = (text: string): string => {
  const plain = JSON.stringify(text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd'));
  return plain.length <= 80 ? plain : `${plain.slice(0, 77)}…"`;
};
