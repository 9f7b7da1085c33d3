import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_MINORS, registeredOf } from './api-set.ts';
import { enumValueKey, fieldKey, type SetComparison } from './compare-sets.ts';
import { isRegistered } from './extensions/check-slot.ts';
import { PROTOCOL_OPTION_CATEGORIES } from './extensions/hand-made-slots.ts';
import type { Witness } from './witness.ts';

/**
 * Sees, while a resource is walked by the newest API, which of the older sets would judge something in it differently, so that only
 * those are loaded and walk it again.
 */
export type Differences = {
  readonly witness: Witness;
  /** Minors, since the last call; `hasFindings` says whether the newest set found fault with what was walked. */
  readonly take: (hasFindings: boolean) => ReadonlySet<string>;
};

/** `differences.json`, written beside the descriptors by `tools/descriptors/write-differences.ts`. */
export type KnownDifferences = { readonly newest: string; readonly older: Readonly<Record<string, SetComparison>> };

const FILE = join(import.meta.dirname, 'descriptors/differences.json');
type Names = { readonly minor: string; readonly differs: (kind: keyof SetComparison, name: string) => boolean };

/** A set that the file says nothing of differs in everything. */
function readNames(): readonly Names[] {
  const { newest, older } = JSON.parse(readFileSync(FILE, 'utf8')) as KnownDifferences;
  return API_MINORS.slice(0, -1).map((minor): Names => {
    const known = newest === API_MINORS.at(-1) ? older[minor] : undefined;
    if (!known) return { minor, differs: () => true };
    const names = {
      messages: new Set(known.messages),
      fields: new Set(known.fields),
      stricterFields: new Set(known.stricterFields),
      enumValues: new Set(known.enumValues),
    };
    return { minor, differs: (kind, name) => names[kind].has(name) };
  });
}

/** For one walk after the other; what it looks up once it keeps. */
export function setDifferences(): Differences {
  const sets = readNames();
  let differing = new Set<string>();
  let looser = new Set<string>();
  const keptAlways = new Map<unknown, readonly string[]>();
  const keptStricter = new Map<unknown, readonly string[]>();
  function add(key: unknown, differs: (names: Names) => boolean, into = differing, kept = keptAlways): void {
    let minors = kept.get(key);
    if (!minors) {
      minors = sets.filter(differs).map(({ minor }) => minor);
      kept.set(key, minors);
    }
    for (const minor of minors) into.add(minor);
  }
  return {
    take(hasFindings) {
      const taken = hasFindings ? new Set([...differing, ...looser]) : differing;
      differing = new Set();
      looser = new Set();
      return taken;
    },
    witness: {
      message: (plan) => add(plan, ({ differs }) => differs('messages', plan.desc.typeName)),
      field(field) {
        add(field, ({ differs }) => differs('fields', fieldKey(field)));
        add(field, ({ differs }) => differs('stricterFields', fieldKey(field)), looser, keptStricter);
      },
      enumValue(field, number) {
        const desc = field.desc.enum;
        if (!desc) return;
        const key = enumValueKey(desc, number);
        add(key, ({ differs }) => differs('enumValues', key));
      },
      extension(categories, name) {
        const newest = verdict(API_MINORS.at(-1) ?? '', categories, name);
        add(`${categories.join()} ${name}`, ({ minor }) => verdict(minor, categories, name) !== newest);
      },
    },
  };
}

function verdict(minor: string, categories: readonly string[], name: string): boolean | undefined {
  const extensions = registeredOf(minor);
  if (name.startsWith('name '))
    return PROTOCOL_OPTION_CATEGORIES.some((category) => extensions?.namesOf(category).has(name.slice(5)));
  return isRegistered({ extensions }, categories, name);
}
