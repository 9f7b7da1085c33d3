/** Who waits for something to change. They are woken once a turn, however much changes in it: each of them looks at every node. */
export class Waiters {
  readonly #waiting = new Set<() => void>();
  #waking: NodeJS.Immediate | undefined;

  wake(): void {
    if (this.#waiting.size === 0) return;
    this.#waking ??= setImmediate(() => {
      this.#waking = undefined;
      for (const done of this.#waiting) done();
    });
  }

  /** Resolves when something changed, or after `ms`. */
  changeOr(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, ms));
      this.#waiting.add(done);
    });
  }
}
