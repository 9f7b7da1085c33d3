import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 120;

/** Pauses between looks: short at first, since most things are there at once, then longer, since looking costs as well. */
export const pauseMs = (look: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.3 ** look);

/**
 * Asks `probe` again and again (see `pauseMs`) until it gives a value; after `deadlineMs` rejects, naming `what`, with the last
 * failure of the probe as `cause`. Rejects with the signal's reason when aborted.
 */
export async function pollUntil<T>(
  what: string,
  deadlineMs: number,
  signal: AbortSignal,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (let cause: unknown, look = 1; ; look += 1) {
    signal.throwIfAborted();
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      cause = error;
    }
    signal.throwIfAborted();
    if (performance.now() >= endsAt) throw new Error(`${what}: not seen within ${deadlineMs} ms`, { cause });
    // The timer rejects with an error of its own when it is aborted; the next turn says why.
    await sleep(pauseMs(look), undefined, { signal }).catch(() => undefined);
  }
}
