export type RemovalPorts = {
  readonly nowMs: () => number;
  /** How long a listener that was replaced may go on serving the connections that it has. */
  readonly drainMs: number;
};

/**
 * Whether what is no longer served is to be taken from a node already. It stays until the node has taken all that may have named it before,
 * and until listeners that were replaced, which go on with what they name, have had their time.
 */
export class Removal implements Disposable {
  readonly #ports: RemovalPorts;
  readonly #removed: () => void;
  #state: 'not-yet' | 'draining' | 'now' = 'now';
  #listenersReplaced = false;
  #drainsUntilMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `removed`: from now on it is to be taken away. */
  constructor(ports: RemovalPorts, removed: () => void) {
    this.#ports = ports;
    this.#removed = removed;
  }

  get isNow(): boolean {
    return this.#state === 'now';
  }

  /** All that is left to do is to wait for listeners that were replaced. */
  get isDraining(): boolean {
    return this.#state === 'draining';
  }

  /** The node has still to be told whether it may go. */
  get isOpen(): boolean {
    return this.#state === 'not-yet';
  }

  /** What names others is another, or may be. */
  begin(): void {
    clearTimeout(this.#timer);
    this.#state = 'not-yet';
  }

  /** The node was sent listeners in place of others. */
  listenersReplaced(): void {
    this.#listenersReplaced = true;
  }

  /** The node has taken all that may have named what goes away. `isLeftOver`: there is something that goes away. */
  allTaken(isLeftOver: boolean): void {
    const now = this.#ports.nowMs();
    if (this.#listenersReplaced) this.#drainsUntilMs = now + this.#ports.drainMs;
    this.#listenersReplaced = false;
    const leftMs = this.#drainsUntilMs - now;
    if (!isLeftOver || leftMs < 0) {
      this.#remove();
      return;
    }
    this.#state = 'draining';
    this.#timer = setTimeout(() => this.#remove(), leftMs).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #remove(): void {
    this.#state = 'now';
    this.#removed();
  }
}
