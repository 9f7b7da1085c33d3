import type { Policy } from '../../access/policy.ts';
import type { GateFacts } from '../../gates/gate-facts.ts';
import { approversOf, judgeGates, mayPush } from '../../gates/gates.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { PipelineReader } from '../../store/pipeline-store.ts';
import { record } from '../record.ts';
import { MOVED, moveOn, PIPELINE, policyAt, rulingRevision, type Step, stageAt, waiting } from '../step.ts';

/** Looked at again at least this often while waiting, so that a moved target is noticed before everybody has approved. */
const LOOK_EVERY_MS = 5 * 60_000;

/** Gates are judged with the records of one moment; when all are open, the intent to push is stored in that same moment. */
export const gateStep: Step = async (promotion, ports, signal) => {
  if (promotion.state.kind !== 'gating') return MOVED;
  const { plan } = promotion.state;
  const { stage: name, revision } = promotion.request;
  const ruling = rulingRevision(await ports.store.read.stage(name), revision);
  const policy = await policyAt(ports, ruling, name, signal);
  await using target = await ports.openTarget(await stageAt(ports, ruling, name, signal));
  const { version } = await target.read(signal);
  let again: number | undefined;
  let moved = false;
  await moveOn(ports, promotion, async (tx, now) => {
    const stage = await tx.stage(name);
    // Somebody promoted meanwhile: what was read above does not hold.
    moved = true;
    if (rulingRevision(stage, revision) !== ruling) return;
    if (version !== plan.base.targetVersion || policy.version !== plan.policyVersion) {
      await record(tx, PIPELINE, now, { kind: 'base-moved', saw: version });
      return;
    }
    const facts = await factsOf(tx, now, policy, tx.nowEpochMs);
    const gates = judgeGates(facts);
    const closed = gates.flatMap(({ state }) => (state.kind === 'closed' ? state.findings : []));
    if (gates.some(({ state }) => state.kind === 'closed')) {
      const names = gates.flatMap(({ gate, state }) => (state.kind === 'closed' ? [gate] : []));
      const reason = `closed: ${names.join(', ')}`;
      await record(tx, PIPELINE, now, { kind: 'rejected', findings: closed, by: PIPELINE, reason });
      return;
    }
    const waits = gates.flatMap(({ state }) => (state.kind === 'waiting' ? [state] : []));
    if (mayPush(gates)) {
      await record(tx, PIPELINE, now, { kind: 'push-intended', onto: version, approvedBy: approversOf(facts) });
      return;
    }
    moved = false;
    const times = waits.flatMap(({ untilEpochMs }) => (untilEpochMs === undefined ? [] : [untilEpochMs]));
    again = Math.min(...times, tx.nowEpochMs + LOOK_EVERY_MS);
  });
  return moved ? MOVED : waiting(again);
};

/** Everything that gates look at, as of one moment. */
export async function factsOf(
  reader: Pick<PipelineReader, 'stage' | 'line'>,
  promotion: Promotion,
  policy: Policy,
  nowEpochMs: number,
): Promise<GateFacts> {
  const stage = await reader.stage(promotion.request.stage);
  const previous = policy.previousStage === undefined ? undefined : await reader.stage(policy.previousStage);
  return { promotion, policy, stage, previous, line: await reader.line(), nowEpochMs };
}
