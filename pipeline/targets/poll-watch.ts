import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetVersion } from '../ids.ts';
import { type Held, TargetError } from './target.ts';

export type Polled = {
  /** Cheap: the version that is there now. */
  readonly peek: (signal: AbortSignal) => Promise<TargetVersion>;
  readonly read: (signal: AbortSignal) => Promise<Held>;
  readonly intervalMs: number;
};

/** `Target.watch` for stores that cannot say when they change. An outage is asked through, at the same pace. */
export async function* watchByPolling(
  { peek, read, intervalMs }: Polled,
  known: TargetVersion | undefined,
  signal: AbortSignal,
): AsyncGenerator<Held> {
  let seen = known;
  while (!signal.aborted) {
    const held = await tryOrOutage(signal, async () => ((await peek(signal)) === seen ? undefined : read(signal)));
    if (signal.aborted) return;
    if (held && held.version !== seen) {
      seen = held.version;
      yield held;
    }
    if (!(await pause(intervalMs, signal))) return;
  }
}

/** Undefined when the target cannot be asked now, or when aborted; faults of the program itself are thrown on. */
export async function tryOrOutage<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted || error instanceof TargetError) return undefined;
    throw error;
  }
}

/** False once aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal }).catch(() => false);
