import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer, for at most `deadlineMs`. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 15_000,
): Promise<T> {
  for (const endsAt = performance.now() + deadlineMs; ; await sleep(20)) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${deadlineMs} ms`);
  }
}
