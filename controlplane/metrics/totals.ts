import { isCount } from './count-of.ts';
import { LatelySaid } from './lately-said.ts';

/** The counters of one Envoy, which says how far each has come: told as what was added since it said so last. */
export class Totals {
  readonly #last: LatelySaid<number>;

  /** `max`: counters that are followed; others add nothing. */
  constructor(max: number) {
    this.#last = new LatelySaid(max);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#last.size;
  }

  /** Once for each message, before what is in it. */
  nextMessage(): void {
    this.#last.nextMessage();
  }

  /** What is no count adds nothing. */
  increase(name: string, value: number): number {
    if (!isCount(value)) return 0;
    const before = this.#last.get(name);
    if (!this.#last.set(name, value)) return 0;
    // Less than before: the counter began anew.
    return before === undefined || value < before ? value : value - before;
  }
}
