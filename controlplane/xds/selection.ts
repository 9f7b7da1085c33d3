import { createHash } from 'node:crypto';
import type { ServedResource } from '../served-snapshot.ts';
import type { NameSet } from './name-set.ts';

/** One resource as somebody holds it; without bytes where only its version is known. */
export type Entry = { readonly name: string; readonly version: string; readonly bytes?: Uint8Array };

/** The version of what a node is in doubt about: no resource has it. */
export const IN_DOUBT = '?';
const NONE: ReadonlySet<string> = new Set();
/** Selections that are made from one another are few: what one name changes, it changes for all nodes. */
const KEPT = 32;

/**
 * Resources of one type that belong together: what is served for some names, or what a node holds. Immutable, and the same object
 * wherever it is the same, so that what is told from two of them is told once for all streams.
 */
export class Selection {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Names that were asked for and do not exist. */
  readonly absent: ReadonlySet<string>;
  #version: string | undefined;
  readonly #within = new WeakMap<NameSet, Selection>();
  readonly #doubting = new Map<string, Selection>();
  readonly #keeping = new WeakMap<Selection, Selection>();

  constructor(entries: ReadonlyMap<string, Entry>, absent: ReadonlySet<string> = NONE) {
    this.entries = entries;
    this.absent = absent;
  }

  /** The hash of what is in it: the same in every server and every run. */
  get version(): string {
    if (this.#version !== undefined) return this.#version;
    const hash = createHash('sha256');
    let text = '';
    for (const { name, version } of this.entries.values()) text += `${name}\0${version}\n`;
    this.#version = hash.update(text).digest('hex').slice(0, 16);
    return this.#version;
  }

  /** Without what `names` does not ask for. */
  within(names: NameSet): Selection {
    if (names.all || this === EMPTY) return this;
    const known = this.#within.get(names);
    if (known) return known;
    const asked = (name: string): boolean => names.names.has(name);
    const entries = [...this.entries].filter(([name]) => asked(name));
    const absent = [...this.absent].filter(asked);
    const same = entries.length === this.entries.size && absent.length === this.absent.size;
    const made = same ? this : new Selection(new Map(entries), new Set(absent));
    this.#within.set(names, made);
    return made;
  }

  /**
   * With a doubt about `names`: whether or not they exist, whoever holds this is to be told again. `isInUse`: what is held of them may
   * still be needed until then.
   */
  doubting(names: readonly string[], isInUse: boolean): Selection {
    if (names.length === 0) return this;
    const key = [isInUse, ...names].join('\0');
    const known = this.#doubting.get(key);
    if (known) return known;
    const entries = new Map(this.entries);
    const absent = new Set(this.absent);
    for (const name of names) {
      const bytes = isInUse ? entries.get(name)?.bytes : undefined;
      entries.set(name, { name, version: IN_DOUBT, ...(bytes ? { bytes } : {}) });
      absent.delete(name);
    }
    const made = new Selection(entries, absent);
    this.#doubting.set(key, made);
    if (this.#doubting.size > KEPT) this.#doubting.delete(this.#doubting.keys().next().value ?? '');
    return made;
  }

  /** With what is in `held` and not in this: what a node is to hold while something it has may still need it. */
  keeping(held: Selection): Selection {
    if (held === this || held === EMPTY) return this;
    const known = this.#keeping.get(held);
    if (known) return known;
    const left = [...held.entries.values()].filter(
      ({ name, version, bytes }) => (version !== IN_DOUBT || bytes) && !this.entries.has(name),
    );
    const made =
      left.length === 0
        ? this
        : new Selection(
            new Map([...this.entries, ...left.map((entry) => [entry.name, entry] as const)]),
            left.some(({ name }) => this.absent.has(name))
              ? new Set([...this.absent].filter((name) => !held.entries.has(name)))
              : this.absent,
          );
    this.#keeping.set(held, made);
    return made;
  }
}

export const EMPTY = new Selection(new Map());

/** All resources of a type at one time, and the part of them that each set of names asks for. */
export class TypeState {
  readonly resources: readonly ServedResource[];
  readonly all: Selection;
  readonly #selected = new WeakMap<NameSet, Selection>();
  readonly #places = new Map<string, number>();

  constructor(resources: readonly ServedResource[]) {
    this.resources = resources;
    this.all = resources.length === 0 ? EMPTY : new Selection(new Map(resources.map((one) => [one.name, one])));
    for (const name of this.all.entries.keys()) this.#places.set(name, this.#places.size);
  }

  select(names: NameSet): Selection {
    if (names.all && names.names.size === 0) return this.all;
    const known = this.#selected.get(names);
    if (known) return known;
    const made = this.#select(names);
    this.#selected.set(names, made);
    return made;
  }

  #select({ all, names }: NameSet): Selection {
    const { entries } = this.all;
    const absent = [...names].filter((name) => !entries.has(name));
    const gone = absent.length === 0 ? NONE : new Set(absent);
    const asked = all ? entries.size : names.size - absent.length;
    if (asked === entries.size) return absent.length === 0 ? this.all : new Selection(entries, gone);
    // In the order in which they are served, whatever the order of the names: the version is told by it.
    const place = (name: string): number => this.#places.get(name) ?? 0;
    const picked = [...names].filter((name) => entries.has(name)).sort((a, b) => place(a) - place(b));
    return new Selection(new Map(picked.map((name) => [name, entries.get(name) ?? { name, version: '' }])), gone);
  }

  /** Whether `names` asks for all of it. */
  isAskedFor(names: NameSet | undefined): boolean {
    if (!names) return this.resources.length === 0;
    return names.all || this.select(names).entries.size === this.all.entries.size;
  }
}
