import type { RampClock } from './ramp-clock.ts';
import type { RampMemory } from './ramp-memory.ts';
import type { RampSettings } from './ramp-settings.ts';
import { emptyRamp, type KeptRamp, type RampState, restoredRamp } from './ramp-state.ts';

type Options = {
  readonly memory: RampMemory;
  /** What Envoys have where nothing is kept. */
  readonly begin?: KeptRamp['admitted'] | undefined;
  readonly clock: RampClock;
  readonly settings: RampSettings;
};

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
