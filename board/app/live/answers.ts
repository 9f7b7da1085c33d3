import { type Signal, signal } from '@preact/signals';
import type { Change } from '../../api/types/events.ts';
import type { Problem } from '../../api/types/problem.ts';
import { problemOf } from './problem.ts';
import type { Read } from './read.ts';

/** What is known of an answer. One that could not be had anew stays, with what went wrong. */
export type Answered<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'stale'; readonly value: T; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem };

export const shownOf = <T>(answered: Answered<T>): T | undefined =>
  answered.kind === 'ready' || answered.kind === 'stale' ? answered.value : undefined;

type Entry = {
  readonly read: Read<unknown>;
  readonly state: Signal<Answered<unknown>>;
  /** Parts of the page that show it. */
  users: number;
  fetching: boolean;
  /** Something happened since the fetch under way began, or since the last one ended. */
  old: boolean;
  startedMs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
};

const REST_MS = 250;
/** Answers that nobody shows are kept for the way back, so many of them. */
const KEPT = 24;

/** Answers of the server, each asked for once, shared by all who show it, and asked for again when a change touches it. */
export class Answers {
  readonly #entries = new Map<string, Entry>();

  /** The answer as a signal. Call `use` as long as it is shown. */
  of<T>(read: Read<T>): Signal<Answered<T>> {
    return this.#entry(read).state as Signal<Answered<T>>;
  }

  /** Shown from now on, until what is returned is called. What nobody showed meanwhile is fetched anew, with the old shown. */
  use(read: Read<unknown>): () => void {
    const entry = this.#entry(read);
    entry.users += 1;
    if (entry.users === 1) this.#want(entry);
    return () => {
      entry.users -= 1;
      if (entry.users === 0) this.#forgetOldest();
    };
  }

  changed(changes: readonly Change[]): void {
    for (const entry of this.#entries.values())
      if (changes.some((change) => entry.read.isTouchedBy(change))) this.#want(entry);
  }

  refetch(read?: Read<unknown>): void {
    for (const entry of this.#entries.values()) if (!read || entry.read.key === read.key) this.#want(entry);
  }

  /** What could not be had. */
  refetchFailed(): void {
    for (const entry of this.#entries.values())
      if (entry.state.peek().kind === 'failed' || entry.state.peek().kind === 'stale') this.#want(entry);
  }

  #entry(read: Read<unknown>): Entry {
    const known = this.#entries.get(read.key);
    if (known) return known;
    const state = signal<Answered<unknown>>({ kind: 'loading' });
    const entry = { read, state, users: 0, fetching: false, old: false, startedMs: -Infinity, timer: undefined };
    this.#entries.set(read.key, entry);
    return entry;
  }

  /** Fetches it now or when it may be; what nobody shows waits until somebody does. */
  #want(entry: Entry): void {
    entry.old = true;
    if (entry.users === 0 || entry.fetching || entry.timer !== undefined) return;
    const rest = entry.startedMs + (entry.read.restMs ?? REST_MS) - performance.now();
    if (rest <= 0) void this.#fetch(entry);
    else
      entry.timer = setTimeout(() => {
        entry.timer = undefined;
        if (entry.users > 0) void this.#fetch(entry);
      }, rest);
  }

  async #fetch(entry: Entry): Promise<void> {
    Object.assign(entry, { fetching: true, old: false, startedMs: performance.now() });
    try {
      entry.state.value = { kind: 'ready', value: await entry.read.load() };
    } catch (error) {
      const value = shownOf(entry.state.peek());
      const problem = problemOf(error);
      entry.state.value = value === undefined ? { kind: 'failed', problem } : { kind: 'stale', value, problem };
    }
    entry.fetching = false;
    if (entry.old) this.#want(entry);
  }

  #forgetOldest(): void {
    const unused = [...this.#entries.values()].filter(({ users }) => users === 0);
    for (const { read } of unused.slice(0, Math.max(0, unused.length - KEPT))) this.#entries.delete(read.key);
  }
}
