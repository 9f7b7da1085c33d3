import { StoreError } from '../../pipeline/store/store-error.ts';

/** So many at most in one statement. */
const MOST = 100;

/**
 * Stores one by one what comes one by one, and together what comes while an earlier statement is under way: hundreds of commands at once
 * are a few statements. `run` answers in the order of its items. When it rejects, each item is tried alone, so that one that cannot be
 * stored keeps nothing else out; not so when the store is gone.
 */
export function gathered<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  type Waiting = { readonly item: Item; readonly settled: PromiseWithResolvers<Result> };
  let waiting: Waiting[] = [];
  let isRunning = false;

  async function runAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item));
      for (const [index, { settled }] of batch.entries()) settled.resolve(results[index] as Result);
    } catch (error) {
      if (batch.length === 1 || error instanceof StoreError) for (const { settled } of batch) settled.reject(error);
      else for (const each of batch) await runAll([each]);
    }
  }
  async function drain(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST);
      waiting = waiting.slice(MOST);
      await runAll(batch);
    }
    isRunning = false;
  }
  return (item) => {
    const settled = Promise.withResolvers<Result>();
    waiting.push({ item, settled });
    if (!isRunning) void drain();
    return settled.promise;
  };
}

/** Which of these keys are new, where `stored` are those that a statement stored: of equal ones the first. */
export function firstsOf(keys: readonly string[], stored: Iterable<string>): readonly boolean[] {
  const left = new Set(stored);
  return keys.map((key) => left.delete(key));
}
