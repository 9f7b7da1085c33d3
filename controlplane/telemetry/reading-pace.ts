/** Of the time of the one thread that also serves configuration, evidence may take so much. */
const SHARE = 0.4;
/** It may take that much at once. */
const BURST_MS = 50;

/**
 * Keeps the reading of logs and metrics from delaying configuration: who sends faster than they can be read is left waiting, by the flow
 * control of HTTP/2. An Envoy that waits holds back what it can, then drops log entries and counts them.
 */
export class ReadingPace {
  readonly #nowMs: () => number;
  readonly #share: number;
  #debtMs = 0;
  #atMs: number;
  #pauses = 0;
  #pausedMs = 0;

  constructor(nowMs: () => number = () => performance.now(), share = SHARE) {
    this.#nowMs = nowMs;
    this.#share = share;
    this.#atMs = nowMs();
  }

  /** How many times a stream was left waiting, and how long in all. */
  counts(): { readonly pauses: number; readonly pausedMs: number } {
    return { pauses: this.#pauses, pausedMs: this.#pausedMs };
  }

  /** Runs `work`, and counts how long it takes. */
  spend<T>(work: () => T): T {
    const startMs = this.#nowMs();
    try {
      return work();
    } finally {
      const endMs = this.#nowMs();
      this.#debtMs = Math.max(0, this.#debtMs - (endMs - this.#atMs) * this.#share) + (endMs - startMs);
      this.#atMs = endMs;
    }
  }

  /** How long a stream is to wait before it is read on; 0: not at all. Counts it. */
  pauseMs(): number {
    if (this.#debtMs <= BURST_MS) return 0;
    const waitMs = Math.ceil((this.#debtMs - BURST_MS) / this.#share);
    this.#pauses += 1;
    this.#pausedMs += waitMs;
    return waitMs;
  }
}
