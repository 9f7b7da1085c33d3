import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which extensions an Envoy has compiled in, by category, as it says itself (`tools/descriptors/gather-extensions.ts`). */
export type RegisteredExtensions = {
  /** The configuration types (full message names) that some extension of `category` takes; undefined: nothing is known of it. */
  readonly typesOf: (category: string) => ReadonlySet<string> | undefined;
  readonly namesOf: (category: string) => ReadonlySet<string>;
};

export function readRegistered(minor: string): RegisteredExtensions | undefined {
  const file = join(import.meta.dirname, `envoy-${minor}.json`);
  if (!existsSync(file)) return undefined;
  const data = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, readonly string[]>>;
  const types = new Map<string, ReadonlySet<string>>();
  for (const [category, extensions] of Object.entries(data)) {
    const all = new Set(Object.values(extensions).flat());
    // A category whose extensions name no type is looked up by name; types say nothing there.
    if (all.size > 0) types.set(category, all);
  }
  const names = new Map<string, ReadonlySet<string>>();
  return {
    typesOf: (category) => types.get(category),
    namesOf(category) {
      const kept = names.get(category) ?? new Set(Object.keys(data[category] ?? {}));
      names.set(category, kept);
      return kept;
    },
  };
}
