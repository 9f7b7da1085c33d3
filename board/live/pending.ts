import type { Change } from '../api/types/events.ts';
import type { Position } from './positions.ts';

/** What is to be fetched again, each thing once, however often it changed; so much of it that all is to be fetched is `reset`. */
export type Told = { readonly position: Position } & (
  | { readonly kind: 'change'; readonly changes: readonly Change[] }
  | { readonly kind: 'reset' }
);

const MOST = 500;

/** What one reader has not been sent yet. However slow they are, it grows to a bound and no more. */
export class Pending {
  readonly #changes = new Map<string, Change>();
  #isReset = false;
  #position: Position;

  constructor(position: Position) {
    this.#position = position;
  }

  get isEmpty(): boolean {
    return !this.#isReset && this.#changes.size === 0;
  }

  add(changes: readonly Change[], position: Position): void {
    this.#position = position;
    if (this.#isReset) return;
    for (const change of changes) {
      const key = keyOf(change);
      // The newest comes last.
      this.#changes.delete(key);
      this.#changes.set(key, change);
    }
    if (this.#changes.size > MOST) this.reset(position);
  }

  reset(position: Position): void {
    this.#position = position;
    this.#isReset = true;
    this.#changes.clear();
  }

  /** All of it; nothing is pending then. */
  take(): Told {
    const position = this.#position;
    const told: Told = this.#isReset
      ? { kind: 'reset', position }
      : { kind: 'change', changes: [...this.#changes.values()], position };
    this.#isReset = false;
    this.#changes.clear();
    return told;
  }
}

function keyOf(change: Change): string {
  switch (change.kind) {
    case 'promotion':
    case 'progress':
      return `${change.kind} ${change.promotion}`;
    case 'stage':
    case 'fleet':
      return `${change.kind} ${change.stage}`;
    case 'line':
    case 'verifications':
    case 'audit':
      return change.kind;
    default:
      return change satisfies never;
  }
}
