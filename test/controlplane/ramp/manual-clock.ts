import { setImmediate as turn } from 'node:timers/promises';
import type { RampClock } from '../../../controlplane/ramp/ramp-clock.ts';

/** A clock that goes on when it is told to, and then calls what came due, in order. */
export class ManualClock implements RampClock {
  #nowMs = 1_000_000;
  #timers = new Set<{ readonly atMs: number; readonly act: () => void }>();

  nowEpochMs = (): number => this.#nowMs;

  after = (ms: number, act: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + ms, act };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await settled();
    for (;;) {
      const next = [...this.#timers].filter(({ atMs }) => atMs <= until).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.act();
      await settled();
    }
    this.#nowMs = until;
    await settled();
  }
}

/** Until everything that needs no time is done. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 12; turns++) await turn();
}
