import type { RampClock } from './ramp-clock.ts';

/** Timers of which there is one of each name: a later one replaces it. */
export class NamedTimers implements Disposable {
  readonly #clock: RampClock;
  readonly #running = new Map<string, () => void>();
  #disposed = false;

  constructor(clock: RampClock) {
    this.#clock = clock;
  }

  has(name: string): boolean {
    return this.#running.has(name);
  }

  set(name: string, ms: number, act: () => void): void {
    this.#running.get(name)?.();
    if (this.#disposed) return;
    const cancel = this.#clock.after(Math.max(0, ms), () => {
      this.#running.delete(name);
      act();
    });
    this.#running.set(name, cancel);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}
