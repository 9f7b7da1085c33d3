import type { KeptRamp } from './ramp-state.ts';

/** Where the last served hosts of one cluster are kept, for this control plane when it comes back and for its replicas. */
export type RampMemory = {
  /** Undefined: nothing was ever served. Rejects when that cannot be told. */
  read(): Promise<KeptRamp | undefined>;
  /**
   * Keeps `next` in place of what bears `expectedVersion` (0: nothing). False: another control plane was first. An order alone leaves
   * the version as it is.
   */
  replace(next: KeptRamp, expectedVersion: number): Promise<boolean>;
};

/** For one process: gone with it. */
export function forgetfulMemory(): RampMemory {
  let kept: KeptRamp | undefined;
  return {
    read: async () => kept,
    async replace(next, expectedVersion) {
      if ((kept?.version ?? 0) !== expectedVersion) return false;
      kept = next;
      return true;
    },
  };
}
