import type { Actor, EvidenceId } from '../ids.ts';
import type { PromotionEvent } from '../promotion/events.ts';
import { isTerminal, type Promotion } from '../promotion/promotion.ts';
import type { HoldCause } from '../stage/stage-record.ts';
import type { PipelineTransaction } from '../store/pipeline-store.ts';
import { PIPELINE } from './step.ts';

/**
 * Stores an event of a promotion with everything that follows from it in the same transaction: what landed, the hold, who is next in
 * the queue, and the job that goes on.
 */
export async function record(
  tx: PipelineTransaction,
  actor: Actor,
  promotion: Pick<Promotion, 'id' | 'request'>,
  event: PromotionEvent,
  evidence: readonly EvidenceId[] = [],
): Promise<Promotion> {
  const { stage } = promotion.request;
  await tx.append(actor, { kind: 'promotion', promotion: promotion.id, stage, event }, evidence);
  const next = await tx.promotion(promotion.id);
  if (!next) throw new Error(`promotion ${promotion.id} is not there after its own event`);
  await follow(tx, next);
  return next;
}

async function follow(tx: PipelineTransaction, promotion: Promotion): Promise<void> {
  const { id, request, state } = promotion;
  const { stage, purpose } = request;
  const hold = (cause: HoldCause, reason: string): Promise<void> =>
    tx.append(PIPELINE, { kind: 'stage', stage, event: { kind: 'held', cause, reason, promotion: id } });
  switch (state.kind) {
    case 'promoted': {
      const { plan, delivered } = state;
      const { digest, revision, nextPolicyVersion } = plan;
      const { targetVersion } = delivered;
      // Live since now, not since the push: what was watched, or nobody could tell of, has not soaked.
      const atEpochMs = tx.nowEpochMs;
      const landed = { digest, revision, policyVersion: nextPolicyVersion, promotion: id, targetVersion, atEpochMs };
      const before = await tx.stage(stage);
      if (before.drift) {
        // What is there is now what is promoted, one way or the other.
        const how = before.live?.digest === digest ? 'reconciled' : before.drift.saw === digest ? 'adopted' : 'gone';
        const by = request.by.kind === 'person' ? request.by.person : undefined;
        await tx.append(PIPELINE, { kind: 'stage', stage, event: { kind: 'drift-ended', how, by } });
      }
      await tx.append(PIPELINE, { kind: 'stage', stage, event: { kind: 'landed', landed, purpose } });
      // Putting back what is promoted takes nothing away from it.
      if (purpose === 'rollback' && before.live?.digest !== digest)
        await hold('rolled-back', `${id} rolled it back: ${request.reason}`);
      break;
    }
    case 'rolled-back':
      await hold('rolled-back', `${id} was rolled back: ${state.reason}`);
      break;
    case 'errored':
      if (state.mayBePushed) await hold('unsettled', `${id} may or may not be in the target: ${state.message}`);
      break;
    case 'undecided':
      if (purpose === 'rollback')
        await hold('undecided', `${id} rolled it back, and nobody could tell whether that helped`);
      break;
    default:
      break;
  }
  if (!isTerminal(state)) {
    await tx.enqueue({ kind: 'advance', promotion: id }, { key: advanceKey(promotion) });
    return;
  }
  for (const other of await tx.openPromotions(stage)) {
    if (other.state.kind === 'queued' && other.state.behind === id)
      await record(tx, PIPELINE, other, { kind: 'dequeued' });
  }
  // The stages behind may have waited for what is live here now.
  for (const other of await tx.openPromotions())
    if (other.state.kind === 'gating' && other.request.stage !== stage)
      await tx.enqueue({ kind: 'advance', promotion: other.id }, { key: `${advanceKey(other)} after ${id}` });
  await tx.enqueue({ kind: 'look-for-revisions' }, { key: 'look-for-revisions now' });
}

/** Of the state that is to be moved on: a job of an older state that still waits must not swallow this one. */
export const advanceKey = ({ id, version }: Pick<Promotion, 'id' | 'version'>): string => `advance ${id} ${version}`;
