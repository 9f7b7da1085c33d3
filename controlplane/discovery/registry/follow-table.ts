import { pause } from '../ask-on.ts';
import type { RegistryTable } from './registry-table.ts';

/** Many hosts register within a moment, and each answer goes through all of them: the table is read this often at most. */
const LEAST_PAUSE_MS = 50;

/** What `read` makes of the table: now, and after changes of `service` or of any. The first change counts at once. */
export async function* followTable<Read>(
  table: RegistryTable,
  service: string | undefined,
  read: () => Read,
  signal: AbortSignal,
): AsyncGenerator<Read, number, void> {
  let wake = (): void => {};
  let isNew = true;
  const stop = table.onChange(() => {
    isNew = true;
    wake();
  }, service);
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      if (isNew) {
        isNew = false;
        yield read();
        await pause(LEAST_PAUSE_MS, signal);
      } else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
  return 0;
}
