import { shortDigest } from '../../../render/ids.ts';
import { actorName } from '../../ids.ts';
import { bindingOf } from '../../promotion/approval.ts';
import type { Plan } from '../../promotion/plan.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { Delivery, Manifest } from '../../targets/target.ts';
import { deliveredSnapshot } from '../delivered-snapshot.ts';
import { record } from '../record.ts';
import { MOVED, moveOn, PIPELINE, rulingRevision, type Step, stageAt } from '../step.ts';

/**
 * Pushes what was planned, onto what it was verified from. The intent is stored already; the target tells a push that is asked for
 * twice by promotion and direction, so that a worker that died here, and a second one, push once.
 */
export const pushStep: Step = async (promotion, ports, signal) => {
  if (promotion.state.kind !== 'pushing') return MOVED;
  const { plan } = promotion.state;
  const { stage: name } = promotion.request;
  const stage = await ports.store.read.stage(name);
  const snapshot = await deliveredSnapshot(ports.store, name, plan.digest);
  if (!snapshot) throw new Error(`the planned snapshot ${shortDigest(plan.digest)} of ${name} is not kept`);
  await using target = await ports.openTarget(await stageAt(ports, rulingRevision(stage, plan.revision), name, signal));
  const delivery: Delivery = { manifest: manifestOf(promotion, plan), snapshot };
  const result = await target.push(delivery, plan.base.targetVersion, signal);
  return moveOn(ports, promotion, async (tx, now) => {
    if (result.kind === 'moved') await record(tx, PIPELINE, now, { kind: 'base-moved', saw: result.version });
    else await record(tx, PIPELINE, now, { kind: 'pushed', targetVersion: result.version, atEpochMs: tx.nowEpochMs });
  });
};

function manifestOf({ id, request, approvals, state }: Promotion, plan: Plan): Manifest {
  const approvedBy =
    state.kind === 'pushing'
      ? approvals.filter(({ binding }) => binding === bindingOf(plan, state.verdict)).map(({ by }) => by)
      : [];
  return {
    format: 1,
    stage: request.stage,
    digest: plan.digest,
    revision: plan.revision,
    policyVersion: plan.nextPolicyVersion,
    promotion: id,
    direction: 'forward',
    by: [...new Set([actorName(request.by), ...approvedBy])],
    // Of the stored intent, so that a repeated push has the same bytes.
    atIso: isoOf(state.sinceEpochMs),
  };
}

const isoOf = (epochMs: number): string => new Date(epochMs).toISOString();

/** The manifest of a delivery that puts back what was there before. */
export function manifestBack(
  { id, request, state }: Promotion,
  back: Pick<Manifest, 'digest' | 'revision' | 'policyVersion'>,
): Manifest {
  const by = state.kind === 'rolling-back' ? [actorName(state.by)] : [actorName(request.by)];
  const atIso = isoOf(state.sinceEpochMs);
  return { format: 1, stage: request.stage, ...back, promotion: id, direction: 'back', by, atIso };
}
