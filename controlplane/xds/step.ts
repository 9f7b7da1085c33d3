import type { ServedResource } from '../served-snapshot.ts';
import { encodeResponse, type ResponseFrame, type Variant } from './response-frame.ts';
import { EMPTY, type Entry, Selection } from './selection.ts';
import { isFullState } from './xds-types.ts';

/** One answer: what takes a node from what it holds to what it is to hold. */
export type Step = {
  readonly typeUrl: string;
  /** What the node is to hold as far as it asked for it. */
  readonly to: Selection;
  /** What the node holds when it took the answer. */
  readonly after: Selection;
  readonly resources: readonly ServedResource[];
  readonly removed: readonly string[];
  /** Encoded when it is first sent. */
  readonly frame: () => ResponseFrame;
};

/** The steps of one type in one variant: each is told once, and its bytes are shared by all streams that take it. */
export class Steps {
  readonly #typeUrl: string;
  readonly #variant: Variant;
  /** By what they lead to, then by what they come from: neither is kept for its steps, or each would keep all that was before it. */
  readonly #known = new WeakMap<Selection, WeakMap<Selection, Step>>();

  constructor(typeUrl: string, variant: Variant) {
    this.#typeUrl = typeUrl;
    this.#variant = variant;
  }

  /** `isNothing` says whether there is anything in it to be sent. */
  between(held: Selection, to: Selection): Step {
    // What is sent in full is the same wherever one comes from.
    const from = this.#variant === 'sotw' && isFullState(this.#typeUrl) ? EMPTY : held;
    let known = this.#known.get(to);
    if (!known) {
      known = new WeakMap();
      this.#known.set(to, known);
    }
    const found = known.get(from);
    if (found) return found;
    const made = this.#make(from, to);
    known.set(from, made);
    return made;
  }

  /** The same without what is about `names`, which the node refused: it goes on holding what it has of them. Not kept. */
  without(step: Step, names: ReadonlySet<string>, held: Selection): Step {
    const resources = step.resources.filter(({ name }) => !names.has(name));
    const removed = step.removed.filter((name) => !names.has(name));
    if (resources.length === step.resources.length && removed.length === step.removed.length) return step;
    const after = new Map(step.after.entries);
    for (const name of names) {
      const entry = held.entries.get(name);
      if (entry) after.set(name, entry);
      else after.delete(name);
    }
    return this.#step(step.to, new Selection(after, step.after.absent), resources, removed);
  }

  #make(from: Selection, to: Selection): Step {
    const resources: ServedResource[] = [];
    for (const entry of to.entries.values())
      if (isServed(entry) && from.entries.get(entry.name)?.version !== entry.version) resources.push(entry);
    const removed: string[] = [];
    if (this.#variant === 'delta') {
      for (const name of to.absent) if (!from.absent.has(name)) removed.push(name);
      for (const name of from.entries.keys()) if (!to.entries.has(name) && !to.absent.has(name)) removed.push(name);
      return this.#step(to, to, resources, removed);
    }
    // A part says nothing of the rest: what is no longer served is held until nobody names it any more.
    const after = isFullState(this.#typeUrl) ? to : to.keeping(from);
    return this.#step(to, after, resources, removed);
  }

  #step(to: Selection, after: Selection, resources: readonly ServedResource[], removed: readonly string[]): Step {
    const typeUrl = this.#typeUrl;
    let frame: ResponseFrame | undefined;
    return {
      typeUrl,
      to,
      after,
      resources,
      removed,
      frame: () => {
        frame ??= encodeResponse(this.#variant, { typeUrl, version: to.version, resources, removed });
        return frame;
      },
    };
  }
}

export const isNothing = ({ resources, removed }: Step): boolean => resources.length === 0 && removed.length === 0;

const isServed = (entry: Entry): entry is ServedResource => entry.bytes !== undefined;
