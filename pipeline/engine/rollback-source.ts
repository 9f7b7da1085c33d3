import type { Digest, StageName } from '../../render/ids.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { Revision } from '../ids.ts';
import type { StageRecord } from '../stage/stage-record.ts';
import type { Target } from '../targets/target.ts';
import { deliveredSnapshot } from './delivered-snapshot.ts';
import type { EnginePorts } from './ports.ts';

type Wanted = {
  readonly name: StageName;
  readonly digest: Digest;
  readonly revision: Revision;
  readonly stage: StageRecord;
};

/** The bytes to go back to: as the target still has them, else as they were kept, else as the revision renders them. */
export async function rollbackSource(
  { name, digest, revision, stage }: Wanted,
  target: Target,
  { store, revisions }: EnginePorts,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  const kept = await deliveredSnapshot(store, name, digest);
  if (kept) return kept;
  const landings = [...(stage.live ? [stage.live] : []), ...stage.past];
  const landed = landings.find((landing) => landing.digest === digest);
  const held = landed && (await target.readAt(landed.targetVersion, signal));
  if (held?.kind === 'delivery' && held.delivery.snapshot.digest === digest) return held.delivery.snapshot;
  const rendered = await revisions.stage(revision, name, undefined, signal);
  return rendered?.snapshot?.digest === digest ? rendered.snapshot : undefined;
}
