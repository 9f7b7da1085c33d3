/** On an aggregated stream an Envoy asks at once for all that it had. */
const REST_WITHIN_MS = 5_000;
/** Streams of their own come back one by one: an Envoy waits for up to 30 s before it tries again. */
const APART_WITHIN_MS = 35_000;

/**
 * The types that a node had asked for when it was here before, and is to ask for again: until it did, what it holds of them may name
 * anything. One that it does not ask for in time it has given up: by delta it says nothing more of a type of which it wants nothing.
 */
export class ExpectedTypes implements Disposable {
  /** Those that it asked for, now or before. */
  readonly #typeUrls: Set<string>;
  readonly #isOpen: (typeUrl: string) => boolean;
  readonly #givenUp: () => void;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  /** `givenUp`: something that was waited for is not any more. */
  constructor(typeUrls: Set<string>, isOpen: (typeUrl: string) => boolean, givenUp: () => void) {
    this.#typeUrls = typeUrls;
    this.#isOpen = isOpen;
    this.#givenUp = givenUp;
  }

  /** It has asked for all that it had. */
  get isComplete(): boolean {
    for (const typeUrl of this.#typeUrls) if (!this.#isOpen(typeUrl)) return false;
    return true;
  }

  /** The node opened a subscription; the rest is waited for from the first of them on. */
  opened(isAggregated: boolean): void {
    if (this.#timer || this.isComplete) return;
    const withinMs = isAggregated ? REST_WITHIN_MS : APART_WITHIN_MS;
    // What has arrived meanwhile is read first: on a busy machine it may be just that.
    this.#timer = setTimeout(() => {
      this.#turn = setImmediate(() => this.#giveUpTheRest());
    }, withinMs).unref();
  }

  /** A type of which the node has no stream any more, though it has others: it names nothing. */
  giveUp(typeUrl: string): void {
    if (this.#isOpen(typeUrl)) return;
    this.#typeUrls.delete(typeUrl);
    this.#givenUp();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
  }

  #giveUpTheRest(): void {
    this.#timer = undefined;
    for (const typeUrl of this.#typeUrls) if (!this.#isOpen(typeUrl)) this.#typeUrls.delete(typeUrl);
    this.#givenUp();
  }
}
