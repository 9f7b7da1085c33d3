import type { Stage } from '../../render/config/mesh-config.ts';
import type { StageName } from '../../render/ids.ts';
import type { Policy } from '../access/policy.ts';
import { policyOf } from '../access/policy-of.ts';
import type { Actor, Revision } from '../ids.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { StageRecord } from '../stage/stage-record.ts';
import type { PipelineTransaction } from '../store/pipeline-store.ts';
import type { EnginePorts } from './ports.ts';

/** What a step came to: the promotion moved (look again), or it waits for an event or a time. */
export type StepResult =
  | { readonly kind: 'moved' }
  | { readonly kind: 'waiting'; readonly againAtEpochMs: number | undefined };
export type Step = (promotion: Promotion, ports: EnginePorts, signal: AbortSignal) => Promise<StepResult>;

export const MOVED: StepResult = { kind: 'moved' };
export const waiting = (againAtEpochMs?: number): StepResult => ({ kind: 'waiting', againAtEpochMs });

export const PIPELINE: Actor = { kind: 'system', part: 'pipeline' };
export const OBSERVER: Actor = { kind: 'system', part: 'observer' };
export const WATCHDOG: Actor = { kind: 'system', part: 'watchdog' };
export const AUTO: Actor = { kind: 'system', part: 'auto' };
export const DRIFT: Actor = { kind: 'system', part: 'drift' };

/**
 * Stores what a step found, if the promotion is still as the step saw it. Otherwise somebody else moved it meanwhile, and what was
 * found may not hold any more: nothing is stored, and the caller looks again.
 */
export function moveOn(
  { store }: EnginePorts,
  seen: Promotion,
  work: (tx: PipelineTransaction, promotion: Promotion) => Promise<void>,
): Promise<StepResult> {
  return store.transact(async (tx) => {
    const now = await tx.promotion(seen.id);
    if (now && now.version === seen.version) await work(tx, now);
    return MOVED;
  });
}

/** The `mesh.yaml` of a revision that is live or was asked for cannot be read: nobody can tell what holds. */
export class PolicyUnknown extends Error {
  override readonly name = 'PolicyUnknown';
}

/** The revision whose gates, access and target hold for a stage: what is live there, else what is proposed. */
export const rulingRevision = (stage: Pick<StageRecord, 'live'>, proposed: Revision): Revision =>
  stage.live?.revision ?? proposed;

export async function stageAt(
  ports: Pick<EnginePorts, 'revisions'>,
  revision: Revision,
  name: StageName,
  signal?: AbortSignal,
): Promise<Stage> {
  const read = await ports.revisions.config(revision, signal);
  if (read.kind === 'broken')
    throw new PolicyUnknown(`the mesh.yaml of revision ${revision.slice(0, 12)} cannot be read`);
  const stage = read.config.stages.find((candidate) => candidate.name === name);
  if (!stage) throw new PolicyUnknown(`revision ${revision.slice(0, 12)} has no stage ${name}`);
  return stage;
}

/** What promotions into the stage are judged under. Rejects with `PolicyUnknown`: then nothing may happen. */
export async function policyAt(
  ports: Pick<EnginePorts, 'revisions'>,
  revision: Revision,
  name: StageName,
  signal?: AbortSignal,
): Promise<Policy> {
  await stageAt(ports, revision, name, signal);
  const read = await ports.revisions.config(revision, signal);
  if (read.kind === 'broken')
    throw new PolicyUnknown(`the mesh.yaml of revision ${revision.slice(0, 12)} cannot be read`);
  return policyOf(read.config, name);
}
