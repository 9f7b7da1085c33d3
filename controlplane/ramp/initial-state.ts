import type { RampClusterOptions } from './ramp-cluster.ts';
import { emptyRamp, type KeptRamp, type RampState, restoredRamp } from './ramp-state.ts';

type Options = Pick<RampClusterOptions, 'memory' | 'begin' | 'clock' | 'settings'>;

/** From what is kept, or else from what Envoys are known to have. Rejects when what is kept cannot be read. */
export async function initialState({ memory, begin, clock, settings }: Options): Promise<RampState> {
  const kept = (await memory.read()) ?? (begin && (await begun(memory, begin)));
  const atMs = clock.nowEpochMs();
  return kept ? restoredRamp(kept, atMs, settings.lagMs) : emptyRamp(atMs);
}

/** Another control plane may do the same at the same time. */
async function begun(memory: Options['memory'], admitted: KeptRamp['admitted']): Promise<KeptRamp | undefined> {
  const kept: KeptRamp = { version: 1, order: { kind: 'none' }, admitted };
  return (await memory.replace(kept, 0)) ? kept : memory.read();
}
