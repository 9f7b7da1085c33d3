import { type Digest, shortDigest } from '../../../render/ids.ts';
import type { PolicyVersion, Revision } from '../../ids.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { StageRecord } from '../../stage/stage-record.ts';
import type { Delivery, Target } from '../../targets/target.ts';
import { failNow } from '../attempts.ts';
import { deliveredSnapshot } from '../delivered-snapshot.ts';
import type { EnginePorts } from '../ports.ts';
import { record } from '../record.ts';
import { MOVED, moveOn, PIPELINE, rulingRevision, type Step, stageAt } from '../step.ts';
import { manifestBack } from './push-step.ts';

/** Puts back what was live, if the target is still at what this promotion put there. Nothing is verified: it was live. */
export const rollBackStep: Step = async (promotion, ports, signal) => {
  if (promotion.state.kind !== 'rolling-back') return MOVED;
  const { delivered, plan } = promotion.state;
  const { stage: name } = promotion.request;
  const stage = await ports.store.read.stage(name);
  const ruling = rulingRevision(stage, plan.revision);
  await using target = await ports.openTarget(await stageAt(ports, ruling, name, signal));
  const delivery = await backOf(promotion, stage, target, ports, signal);
  if (!delivery) {
    const why = promotion.state.reason;
    return failNow(promotion, `${why}; nothing is known to go back to, as this was the first delivery`, ports);
  }
  const result = await target.push(delivery, delivered.targetVersion, signal);
  if (result.kind === 'moved') {
    const held = await target.read(signal);
    // Somebody was faster and put the same back.
    if (held.kind !== 'delivery' || held.delivery.snapshot.digest !== delivery.snapshot.digest) {
      const words = `${target.name} is not at what ${promotion.id} put there any more; it is left as it is`;
      return failNow(promotion, words, ports);
    }
  }
  return moveOn(ports, promotion, async (tx, now) => {
    const { version } = result;
    await record(tx, PIPELINE, now, { kind: 'rolled-back', targetVersion: version, atEpochMs: tx.nowEpochMs });
  });
};

/** What the stage had before: the base that was verified from, else what last landed. */
async function backOf(
  promotion: Promotion,
  { live }: StageRecord,
  target: Target,
  { store }: EnginePorts,
  signal: AbortSignal,
): Promise<Delivery | undefined> {
  if (promotion.state.kind !== 'rolling-back') return undefined;
  const { base, digest, policyVersion } = promotion.state.plan;
  // A promotion that was tried a second time may have found its own first delivery there.
  const usable = base.digest !== undefined && base.digest !== digest;
  const held = usable ? await target.readAt(base.targetVersion, signal) : undefined;
  if (held?.kind === 'delivery' && held.delivery.snapshot.digest === base.digest) {
    const { revision, policyVersion: version } = held.delivery.manifest;
    return deliveryBack(promotion, held.delivery.snapshot.digest, revision, version, held.delivery.snapshot);
  }
  const wanted = usable ? { digest: base.digest, revision: base.revision, policyVersion } : live;
  if (!wanted?.digest || !wanted.revision) return undefined;
  const kept = await deliveredSnapshot(store, promotion.request.stage, wanted.digest);
  if (!kept)
    throw new Error(`the snapshot ${shortDigest(wanted.digest)} that was live is neither in ${target.name} nor kept`);
  return deliveryBack(promotion, wanted.digest, wanted.revision, wanted.policyVersion, kept);
}

const deliveryBack = (
  promotion: Promotion,
  digest: Digest,
  revision: Revision,
  policyVersion: PolicyVersion,
  snapshot: Delivery['snapshot'],
): Delivery => ({ manifest: manifestBack(promotion, { digest, revision, policyVersion }), snapshot });
