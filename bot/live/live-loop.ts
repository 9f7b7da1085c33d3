import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { BotTiming } from '../settings.ts';
import type { LiveRow } from './live-rows.ts';

export type LoopPorts = {
  readonly follow: () => Promise<boolean>;
  readonly claim: (limit: number) => Promise<readonly LiveRow[]>;
  readonly speak: (row: LiveRow) => Promise<void>;
  readonly ready: () => boolean;
  readonly timing: Pick<BotTiming, 'tickMs' | 'backoffMs'>;
  readonly log: Log;
};

/** Messages that one replica works on at once. */
const AT_ONCE = 4;
const LONGEST_PAUSE_MS = 15_000;

/** Follows the log and brings messages up to date, until it is stopped. Failures of the store slow it down and never end it. */
export class LiveLoop {
  readonly #ports: LoopPorts;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(ports: LoopPorts) {
    this.#ports = ports;
  }
  start(): void {
    this.#running = this.#run();
  }
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { timing, log, follow, claim, speak, ready } = this.#ports;
    for (let failures = 0; !signal.aborted; ) {
      let busy = false;
      try {
        busy = await follow();
        if (ready()) {
          const rows = await claim(AT_ONCE);
          const ends = await Promise.allSettled(rows.map((row) => speak(row)));
          for (const end of ends) if (end.status === 'rejected') throw end.reason;
          busy ||= rows.length > 0;
        }
        failures = 0;
      } catch (error) {
        failures += 1;
        log('warn', `messages are not up to date: ${error instanceof Error ? error.message : String(error)}`);
      }
      const pause =
        failures > 0
          ? Math.min(LONGEST_PAUSE_MS, timing.backoffMs * 2 ** Math.min(failures - 1, 10))
          : busy
            ? 0
            : timing.tickMs;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
}
