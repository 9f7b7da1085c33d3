/** Who holds part of a message; told when it may not any more. */
export type Holder = { readonly letGo: () => void };

/**
 * What has arrived of messages that are not complete, of all calls of a server. A message has a limit, and so has their sum: peers that
 * begin many and finish none would fill the memory. Beyond it whoever holds most has to let go.
 */
export class UnfinishedMessages {
  readonly #maxBytes: number;
  readonly #heldBy = new Map<Holder, number>();
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `holder` holds so much now; it may be let go before this returns. */
  hold(holder: Holder, bytes: number): void {
    this.#held += bytes - (this.#heldBy.get(holder) ?? 0);
    if (bytes === 0) this.#heldBy.delete(holder);
    else this.#heldBy.set(holder, bytes);
    while (this.#held > this.#maxBytes) {
      const [most] = [...this.#heldBy].reduce((one, other) => (other[1] > one[1] ? other : one));
      this.hold(most, 0);
      most.letGo();
    }
  }
}
