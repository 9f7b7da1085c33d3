import type { StageName } from '../../render/ids.ts';
import { occupiesStage } from '../promotion/promotion.ts';
import type { EnginePorts } from './ports.ts';
import { DRIFT, stageAt } from './step.ts';

/** Compares what is promoted with what is delivered, served and applied, and tells when that begins and ends. */
export async function lookForDrift(name: StageName, ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { store, clock } = ports;
  const stage = await store.read.stage(name);
  if (!stage.live) return;
  // What a promotion changes is no drift; it looks at the target itself.
  if ((await store.read.openPromotions(name)).some(({ state }) => occupiesStage(state))) return;
  await using target = await ports.openTarget(await stageAt(ports, stage.live.revision, name, signal));
  const held = await target.read(signal);
  const drift = await ports.findDrift(stage, held, clock.nowEpochMs());
  await store.transact(async (tx) => {
    const now = await tx.stage(name);
    if (now.version !== stage.version) return;
    if ((await tx.openPromotions(name)).some(({ state }) => occupiesStage(state))) return;
    const known = now.drift;
    if (!drift && known)
      await tx.append(DRIFT, {
        kind: 'stage',
        stage: name,
        event: { kind: 'drift-ended', how: 'gone', by: undefined },
      });
    if (drift && (known?.kind !== drift.kind || known.saw !== drift.saw || known.want !== drift.want))
      await tx.append(DRIFT, { kind: 'stage', stage: name, event: { kind: 'drift-found', drift } });
  });
}
