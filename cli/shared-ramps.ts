import { randomUUID } from 'node:crypto';
import type { RampClock } from '../controlplane/ramp/ramp-clock.ts';
import type { RampMemory } from '../controlplane/ramp/ramp-memory.ts';
import type { Say } from '../controlplane/serve/say.ts';
import type { StageHosts } from '../controlplane/serve/serve-with-hosts.ts';
import type { FleetStore } from '../pipeline/observe/store-fleet-sink.ts';
import { storeRampMemory } from '../pipeline/observe/store-ramp-memory.ts';
import { StoreRampPeers } from '../pipeline/observe/store-ramp-peers.ts';
import { sweepStoreRamps } from '../pipeline/observe/sweep-store-ramps.ts';

export type SharedRampsPorts = {
  readonly store: FleetStore;
  readonly stage: string;
  readonly clock: RampClock;
  readonly say: Say;
};

/** Where the ramps of a stage are kept when control planes share them: in the store. Without `wanted`, nothing is said of it. */
export function sharedRamps(
  wanted: boolean,
  { store, stage, clock, say }: SharedRampsPorts,
): AsyncDisposable & { readonly hosts: Partial<Pick<StageHosts, 'memoryOf' | 'sweepMemory' | 'peers'>> } {
  if (!wanted) return { hosts: {}, [Symbol.asyncDispose]: async () => {} };
  const onProblem = (problem: string | undefined): void =>
    problem === undefined
      ? say('ramps are shared again')
      : say(`ramps cannot be shared, and no host enters or leaves: ${problem}`, { severity: 'warn' });
  const peers = new StoreRampPeers({ store, stage, id: `${stage}-${randomUUID()}`, clock, onProblem });
  const memoryOf = (cluster: string): RampMemory => {
    const memory = storeRampMemory(store, stage, cluster);
    // A ramp begins when its record was read: not before the others were heard.
    return { ...memory, read: () => peers.heard().then(() => memory.read()) };
  };
  return {
    hosts: {
      memoryOf,
      peers,
      sweepMemory: async (used, goneBeforeEpochMs) =>
        goneBeforeEpochMs > 0 ? sweepStoreRamps(store, stage, used) : [],
    },
    [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
  };
}
