import type { FleetStore } from './store-fleet-sink.ts';

/** How long a store that could not be opened is left alone. */
const RETRY_AFTER_MS = 5_000;

/**
 * A store that is opened when it is first asked something, and again later when that failed: who serves Envoys starts without it.
 * Disposing closes it.
 */
export function lateFleetStore(
  open: () => Promise<FleetStore & AsyncDisposable>,
  nowMs: () => number = () => performance.now(),
): FleetStore & AsyncDisposable {
  let opening: Promise<FleetStore & AsyncDisposable> | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  const opened = async (): Promise<FleetStore> => {
    if (!opening && nowMs() - failedAtMs < RETRY_AFTER_MS) throw failure;
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      failedAtMs = nowMs();
      failure = error;
      throw error;
    }
  };
  return {
    sql: async (query, params) => await (await opened()).sql(query, params),
    async [Symbol.asyncDispose]() {
      const store = await opening?.catch(() => undefined);
      await store?.[Symbol.asyncDispose]();
    },
  };
}
