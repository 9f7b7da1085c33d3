import type { ServedResource } from '../served-snapshot.ts';
import type { NameSet } from './name-set.ts';
import type { Variant } from './response-frame.ts';
import { EMPTY, type Entry, Selection, TypeState } from './selection.ts';
import { Steps } from './step.ts';
import { isFullState } from './xds-types.ts';

/** States of one type that nodes may still hold: those of the last changes, and between two of them both together. */
const KEPT = 16;

const NOTHING_SERVED = new TypeState([]);

/** One type as it is served to a group, and as it was. */
export class TypeHistory {
  readonly #isFullState: boolean;
  readonly #steps: Readonly<Record<Variant, Steps>>;
  #now = NOTHING_SERVED;
  #last = NOTHING_SERVED;
  #since = 0;
  /** Newest last. */
  #states: TypeState[] = [];
  /** Of the states; undefined: not known yet. */
  #wentAway: ReadonlySet<string> | undefined;
  readonly #sent = new Map<string, Selection>();
  readonly #former = new WeakMap<Selection, Selection>();

  constructor(typeUrl: string) {
    this.#isFullState = isFullState(typeUrl);
    this.#steps = { sotw: new Steps(typeUrl, 'sotw'), delta: new Steps(typeUrl, 'delta') };
  }

  get now(): TypeState {
    return this.#now;
  }

  steps(variant: Variant): Steps {
    return this.#steps[variant];
  }

  /** What was served before, by whoever; in the order in which it was. */
  remember(resources: readonly ServedResource[]): void {
    if (sameResources(this.#last.resources, resources)) return;
    const before = this.#last;
    this.#last = new TypeState(resources);
    const names = new Set(resources.map(({ name }) => name));
    const left = before.resources.filter(({ name }) => !names.has(name));
    // While what went away is still held, nodes hold both.
    if (left.length > 0) this.#states.push(new TypeState([...resources, ...left]));
    this.#states.push(this.#last);
    this.#wentAway = undefined;
    if (this.#states.length > KEPT) this.#states = this.#states.slice(-KEPT);
  }

  /** `serial`: of the snapshot that they are of, from 1. */
  serve(resources: readonly ServedResource[], serial: number): void {
    this.remember(resources);
    if (this.#now !== this.#last) this.#since = serial;
    this.#now = this.#last;
  }

  /** The snapshot that made it what it is; 0: nothing was served yet. */
  get since(): number {
    return this.#since;
  }

  /**
   * What is served for `names`, and what was served last for those that are gone: a node may be warming a cluster that is removed
   * while it asks for its endpoints, and says nothing until it has them.
   */
  withFormer(names: NameSet): Selection {
    const now = this.#now.select(names);
    if (now.absent.size === 0) return now;
    const known = this.#former.get(now);
    if (known) return known;
    const former = new Map<string, Entry>();
    for (const name of now.absent)
      for (const { all } of this.#states) {
        const entry = all.entries.get(name);
        if (entry) former.set(name, entry);
      }
    const made = now.keeping(former.size === 0 ? EMPTY : new Selection(former));
    this.#former.set(now, made);
    return made;
  }

  /** A node was sent something that was never served as such: some of before beside what is now. */
  sent(selection: Selection): void {
    if (selection === this.#now.all || this.#sent.has(selection.version)) return;
    this.#sent.set(selection.version, selection);
    if (this.#sent.size > KEPT) this.#sent.delete(this.#sent.keys().next().value ?? '');
  }

  /**
   * What a version stands for that a node claims to hold. A node that comes from another control plane, or from before a restart,
   * says a version only; without knowing what it stands for, clusters that its routes still name would be taken from it.
   */
  heldAt(names: NameSet, version: string): Selection | undefined {
    if (version === EMPTY.version) return EMPTY;
    const isIt = (state: TypeState): boolean => state.select(names).version === version;
    const newest = this.#states.findLast(isIt)?.select(names);
    if (!newest) return this.#sent.get(version)?.within(names);
    return this.#isFullState ? newest : newest.doubting(this.#cameBack(newest), true);
  }

  /**
   * What was away for a while. A node that gave it up, and asks for it again, may still say the version of an answer that held it: of one
   * from before, or of one that came while it did not want it. Taken at its word, it would never be told of it again.
   */
  #cameBack({ entries }: Selection): readonly string[] {
    // Once for all nodes that come back: after a restart they are many, and what goes away is little.
    this.#wentAway ??= wentAway(this.#states);
    return [...this.#wentAway].filter((name) => entries.has(name));
  }

  /** All that a node may hold of which nothing is known but that it holds something: what is served, and what was. */
  heldAtMost(names: NameSet): Selection {
    let most = this.#now.select(names);
    for (const state of this.#states.toReversed()) most = most.keeping(state.select(names));
    return most;
  }
}

/** What was there and was not in a later state. */
function wentAway(states: readonly TypeState[]): ReadonlySet<string> {
  const [seen, away] = [new Set<string>(), new Set<string>()];
  for (const { all } of states) {
    for (const name of seen) if (!all.entries.has(name)) away.add(name);
    for (const name of all.entries.keys()) seen.add(name);
  }
  return away;
}

const sameResources = (a: readonly ServedResource[], b: readonly ServedResource[]): boolean =>
  a === b || (a.length === b.length && a.every((one, at) => one.name === b[at]?.name && one.version === b[at].version));
