/** Envoy says all that it counts at each flush, in a few messages: what it has left out of so many, it has no longer. */
const MESSAGES = 1_024;

/**
 * What one Envoy said last, by name. Clusters come and go for as long as it runs, and their names with them: what it says no more is
 * forgotten after 1,024 messages, or twice as many. Beyond `max` names, what is new is not remembered.
 */
export class LatelySaid<Value> {
  readonly #max: number;
  #lately = new Map<string, Value>();
  #before = new Map<string, Value>();
  #messages = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#lately.size + this.#before.size;
  }

  /** Once for each message, before what is in it. */
  nextMessage(): void {
    this.#messages += 1;
    if (this.#messages % MESSAGES !== 0) return;
    this.#before = this.#lately;
    this.#lately = new Map();
  }

  get(name: string): Value | undefined {
    return this.#lately.get(name) ?? this.#before.get(name);
  }

  /** Whether it is remembered. */
  set(name: string, value: Value): boolean {
    if (this.size >= this.#max && this.get(name) === undefined) return false;
    this.#before.delete(name);
    this.#lately.set(name, value);
    return true;
  }
}
