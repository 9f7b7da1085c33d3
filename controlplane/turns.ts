import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one turn of the loop may be: Envoys are answered in between. */
const TURN_MS = 5;

/** For work that is long in all: waits for the next turn of the loop when this one has taken long enough. */
export function turns(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < TURN_MS) return;
    await nextTurn();
    sinceMs = performance.now();
  };
}
