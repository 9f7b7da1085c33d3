import { setTimeout as sleep } from 'node:timers/promises';
import { pauseMs } from '../../poll-until.ts';

/**
 * Looks again and again (see `pauseMs`) until what it sees is `done`, and gives the last look either way: what was still not so after
 * `deadlineMs` is for a judge to say, not an error. Rejects when `look` does, or with the signal's reason.
 */
export async function awaitOrLast<T>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (let looks = 0; ; looks += 1) {
    signal.throwIfAborted();
    const seen = await look();
    if (done(seen) || performance.now() >= endsAt) return seen;
    await sleep(pauseMs(looks), undefined, { signal });
  }
}
