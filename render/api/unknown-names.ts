import { nearestName } from '../nearest-names.ts';
import { API_MINORS, type ApiSet, apiSetOf, minorsAfter } from './api-set.ts';
import type { MessagePlan } from './message-plan.ts';

/** The first minor after `set`'s whose API satisfies `has`; undefined where even the newest does not. */
export function knownFrom(set: ApiSet, has: (set: ApiSet) => boolean): string | undefined {
  const newer = minorsAfter(set.minor);
  const newest = newer.at(-1);
  if (newest === undefined || !has(apiSetOf(newest))) return undefined;
  return newer.find((minor) => has(apiSetOf(minor)));
}

/** For names that no set knows: a newer Envoy may. */
export const howToAddNewer = (set: ApiSet): string =>
  set.minor === API_MINORS.at(-1)
    ? ` (the API of a newer Envoy is added by: node tools/descriptors/build.ts MINOR)`
    : '';

export function unknownFieldWant(plan: MessagePlan, key: string, from: string | undefined): string {
  if (from) return `no ${key} here; it is known from Envoy ${from} on`;
  const near = nearestName(
    key,
    plan.fields.map((field) => (key.includes('_') ? field.desc.name : field.name)),
  );
  if (near) return near;
  const names = plan.fields.filter((field) => !field.deprecated).map((field) => field.desc.name);
  if (names.length === 0) return 'no member: the message has none';
  return names.length > 12
    ? `one of its ${names.length} fields, such as ${names.slice(0, 8).join(', ')}`
    : `one of ${names.join(', ')}`;
}
