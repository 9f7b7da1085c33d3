import type { HostSource, SourceAnswer } from './host-source.ts';

/**
 * One question, asked once for all who watch it: from the first who comes until the last one goes. Each is given the newest answer; one
 * who is slow misses those in between. `onIdle` is called when nobody watches any more.
 */
export function shareSource(source: HostSource, onIdle: () => void = () => {}): HostSource {
  const wakes = new Set<() => void>();
  let newest: SourceAnswer | undefined;
  let stop = new AbortController();

  const begin = async (mine: AbortController): Promise<void> => {
    for await (const answer of source.watch(mine.signal)) {
      // Somebody else may have begun anew since.
      if (mine.signal.aborted) return;
      newest = answer;
      for (const wake of [...wakes]) wake();
    }
  };
  const join = (wake: () => void): void => {
    wakes.add(wake);
    if (wakes.size > 1) return;
    newest = undefined;
    stop = new AbortController();
    void begin(stop);
  };
  const leave = (wake: () => void): void => {
    wakes.delete(wake);
    if (wakes.size > 0) return;
    stop.abort();
    onIdle();
  };

  return {
    name: source.name,
    async *watch(signal) {
      if (signal.aborted) return;
      let resume = (): void => {};
      const wake = (): void => resume();
      join(wake);
      signal.addEventListener('abort', wake, { once: true });
      let given: SourceAnswer | undefined;
      try {
        while (!signal.aborted) {
          if (newest && newest !== given) {
            given = newest;
            yield given;
          } else
            await new Promise<void>((resolve) => {
              resume = resolve;
            });
        }
      } finally {
        signal.removeEventListener('abort', wake);
        leave(wake);
      }
    },
  };
}
