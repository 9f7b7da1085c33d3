import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

/**
 * Whether people wait for an acknowledgement right now. What they asked for can wait until all of them have theirs: Node takes one
 * connection in each turn of its loop (libuv's `uv__server_io`, since 1.46), so turns made long by work keep those who still stand at the
 * door from being heard at all.
 */
export type Rush = {
  /** Something came in. Call what is returned once it is answered; again does nothing. */
  enter(): () => void;
  /**
   * Resolves with true when nobody waits: at once when nothing came since it last did. Resolves with false when the rush has lasted for
   * `mostMs`, and work may go on a little.
   */
  over(): Promise<boolean>;
};

export type RushOptions = {
  /** So long at most does a rush keep all work waiting. Forms are to be opened within 3 s. */
  readonly mostMs: number;
};

/** Whoever stands at the door is let in within that, as long as the process runs. */
const QUIET_MS = 20;
/** A process that was kept from running finds its timers due before it looks at the door. */
const QUIET_TURNS = 3;

export function rush({ mostMs }: RushOptions): Rush {
  let waiting = 0;
  let came = 0;
  let beganMs = Number.NEGATIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isOver = true;

  async function isQuiet(): Promise<boolean> {
    const before = came;
    await sleep(QUIET_MS);
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) await turn();
    return waiting === 0 && came === before;
  }
  return {
    enter() {
      const now = performance.now();
      if (isOver || (waiting === 0 && now - lastMs > QUIET_MS)) beganMs = now;
      isOver = false;
      waiting += 1;
      came += 1;
      lastMs = now;
      let isIn = true;
      return () => {
        if (!isIn) return;
        isIn = false;
        waiting -= 1;
        lastMs = performance.now();
      };
    },
    async over() {
      while (!isOver && performance.now() - beganMs < mostMs) isOver = await isQuiet();
      return isOver;
    },
  };
}
