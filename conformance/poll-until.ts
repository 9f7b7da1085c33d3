import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks `probe` every `everyMs` (default 25) until it gives a value; after `deadlineMs` rejects, naming `what`, with the last
 * failure of the probe as `cause`. Rejects with the signal's reason when aborted.
 */
export async function pollUntil<T>(
  what: string,
  deadlineMs: number,
  signal: AbortSignal,
  probe: () => Promise<T | undefined>,
  everyMs = 25,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (let cause: unknown; ; await sleep(everyMs, undefined, { signal })) {
    signal.throwIfAborted();
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= endsAt) throw new Error(`${what}: not seen within ${deadlineMs} ms`, { cause });
  }
}
