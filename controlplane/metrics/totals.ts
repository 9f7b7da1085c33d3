import { LatelySaid } from './lately-said.ts';

/** The counters of one Envoy, which says how far each has come: told as what was added since it said so last. */
export class Totals {
  readonly #last = new LatelySaid<number>();
  readonly #max: number;

  /** `max`: counters that are followed; others add nothing. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#last.size;
  }

  /** Once for each message, before what is in it. */
  nextMessage(): void {
    this.#last.nextMessage();
  }

  increase(name: string, value: number): number {
    const before = this.#last.get(name);
    if (before === undefined && this.#last.size >= this.#max) return 0;
    this.#last.set(name, value);
    // Less than before: the counter began anew.
    return before === undefined || value < before ? value : value - before;
  }
}
