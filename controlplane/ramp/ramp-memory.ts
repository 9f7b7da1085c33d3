import { isDeepStrictEqual } from 'node:util';
import type { KeptRamp, RampOrder } from './ramp-state.ts';

/** Where the last served hosts of one cluster are kept, for this control plane when it comes back and for its replicas. */
export type RampMemory = {
  /** Undefined: nothing was ever served. Rejects when that cannot be told. */
  read(): Promise<KeptRamp | undefined>;
  /**
   * Keeps `next` in place of what bears `expectedVersion` (0: nothing) and `expectedOrder` (default: any). False: another control plane was
   * first. An order alone leaves the version as it is.
   */
  replace(next: KeptRamp, expectedVersion: number, expectedOrder?: RampOrder): Promise<boolean>;
  /** Calls `changed` when somebody may have replaced it, until the returned function is called. Absent: that is told in another way, or never. */
  follow?(changed: () => void): () => void;
};

/** For one process: gone with it. */
export function forgetfulMemory(): RampMemory {
  let kept: KeptRamp | undefined;
  return {
    read: async () => kept,
    async replace(next, expectedVersion, expectedOrder) {
      if ((kept?.version ?? 0) !== expectedVersion || !isOrdered(kept, expectedOrder)) return false;
      kept = next;
      return true;
    },
  };
}

/** Whether `kept` has the order that is expected; what is not there has any. */
export const isOrdered = (kept: KeptRamp | undefined, expected: RampOrder | undefined): boolean =>
  !kept || !expected || isDeepStrictEqual(kept.order, expected);
