import { namesIn } from './discovery-requests.ts';

/**
 * What a node asks for of one type: everything, some names, or both. One object for all streams that ask for the same, so that what
 * is made for one of them is found for the others.
 */
export type NameSet = {
  readonly all: boolean;
  readonly names: ReadonlySet<string>;
  /** Everything, because it never named anything: the first name that it says does not end that, an empty list does later on. */
  readonly unspoken: boolean;
  /** The names as a state-of-the-world request held them; undefined: none did yet. */
  raw: Buffer | undefined;
  /** A sum over the names, whatever their order. */
  readonly sum: readonly [number, number];
};

const EVERYTHING = '*';
const RECENT = 64;
const NO_NAMES: ReadonlySet<string> = new Set();
const NOTHING = Buffer.alloc(0);

/** A stream that subscribes to more names than it may. */
export class TooManyNames extends Error {
  override readonly name = 'TooManyNames';
}

/** The sets of names that open streams ask for; one that nobody asks for any more is forgotten. */
export class NameSets {
  readonly everything: NameSet = { all: true, names: NO_NAMES, unspoken: true, raw: NOTHING, sum: [0, 0] };
  readonly nothing: NameSet = { all: false, names: NO_NAMES, unspoken: false, raw: NOTHING, sum: [0, 0] };
  readonly #known = new Map<string, WeakRef<NameSet>>();
  /** By the size of the request: most nodes say the same in the same words. */
  readonly #recent = new Map<number, WeakRef<NameSet>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (!this.#known.get(key)?.deref()) this.#known.delete(key);
  });
  readonly #maxNames: number;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  /** What the names of a state-of-the-world request ask for. Throws `TooManyNames`. */
  ofRaw(raw: Buffer): NameSet {
    const recent = this.#recent.get(raw.length)?.deref();
    if (recent?.raw?.equals(raw)) return recent;
    const names = new Set(namesIn(raw));
    const all = names.delete(EVERYTHING);
    const found = this.#intern(all, names, sumOf(names), raw);
    this.#recent.set(raw.length, new WeakRef(found));
    if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.keys().next().value ?? 0);
    return found;
  }

  /** What is asked for when `subscribe` is added to it and `unsubscribe` taken away. Throws `TooManyNames`. */
  changed(before: NameSet, subscribe: readonly string[], unsubscribe: readonly string[]): NameSet {
    if (subscribe.length === 0 && unsubscribe.length === 0) return before;
    const names = new Set(before.names);
    let { all } = before;
    let [a, b] = before.sum;
    for (const name of subscribe) {
      if (name === EVERYTHING) all = true;
      else if (!names.has(name)) {
        names.add(name);
        const [x, y] = hashOf(name);
        a = (a + x) | 0;
        b = (b + y) | 0;
      }
    }
    for (const name of unsubscribe) {
      if (name === EVERYTHING) all = false;
      else if (names.delete(name)) {
        const [x, y] = hashOf(name);
        a = (a - x) | 0;
        b = (b - y) | 0;
      }
    }
    if (before.unspoken && names.size === 0 && all && !subscribe.includes(EVERYTHING)) return before;
    return this.#intern(all, names, [a, b], undefined);
  }

  /** Throws `TooManyNames` where a stream asks for so many, or has as many kept for it. */
  limit(count: number): void {
    if (count > this.#maxNames)
      throw new TooManyNames(`${count} names are more than the ${this.#maxNames} that a stream may ask for`);
  }

  #intern(all: boolean, names: ReadonlySet<string>, sum: readonly [number, number], raw: Buffer | undefined): NameSet {
    this.limit(names.size);
    if (!all && names.size === 0) return this.nothing;
    const key = `${all ? '*' : ''}${names.size}:${sum[0]}:${sum[1]}`;
    const found = this.#known.get(key)?.deref();
    if (found && sameNames(found.names, names)) {
      if (raw) found.raw ??= Buffer.from(raw);
      return found;
    }
    // What a peer sent is part of a larger message, which is not to be kept with it.
    const made: NameSet = { all, names, unspoken: false, raw: raw && Buffer.from(raw), sum };
    this.#known.set(key, new WeakRef(made));
    this.#gone.register(made, key);
    return made;
  }
}

const sumOf = (names: ReadonlySet<string>): readonly [number, number] => {
  let a = 0;
  let b = 0;
  for (const name of names) {
    const [x, y] = hashOf(name);
    a = (a + x) | 0;
    b = (b + y) | 0;
  }
  return [a, b];
};

/** FNV-1a twice, with two bases. It only finds candidates; names are compared. */
function hashOf(name: string): readonly [number, number] {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (let at = 0; at < name.length; at += 1) {
    const unit = name.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  }
  return [a, b];
}

const sameNames = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  if (a.size !== b.size) return false;
  for (const name of a) if (!b.has(name)) return false;
  return true;
};
