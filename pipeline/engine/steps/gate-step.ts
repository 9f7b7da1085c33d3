import { type Finding, hasErrors } from '../../../render/finding.ts';
import type { Policy } from '../../access/policy.ts';
import type { GateFacts } from '../../gates/gate-facts.ts';
import { approversOf, judgeGates, mayPush } from '../../gates/gates.ts';
import { occupiesStage, type Promotion } from '../../promotion/promotion.ts';
import type { PipelineReader } from '../../store/pipeline-store.ts';
import { preflight } from '../preflight.ts';
import { record } from '../record.ts';
import {
  MOVED,
  moveOn,
  PIPELINE,
  policyAt,
  rulingRevision,
  type Step,
  type StepResult,
  stageAt,
  waiting,
} from '../step.ts';

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
  // Asked only once all gates are open: a Prometheus that is away while people think it over keeps nobody from approving.
  let blind: readonly Finding[] | undefined;
  const needsWatch = promotion.request.purpose === 'promote' && policy.observe.prometheus.length > 0;
  for (;;) {
    const end = await judge();
    if (end !== 'ask first') return end;
    blind = await preflight(name, policy, plan.base.digest === undefined, ports, signal);
  }

  async function judge(): Promise<StepResult | 'ask first'> {
    let again: number | undefined;
    let moved = false;
    let ask = false;
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
      if (mayPush(gates) && needsWatch && blind === undefined) {
        ask = true;
        return;
      }
      if (mayPush(gates) && blind && hasErrors(blind)) {
        const reason = 'the checks that would watch it can tell nothing';
        await record(tx, PIPELINE, now, { kind: 'rejected', findings: blind, by: PIPELINE, reason });
        return;
      }
      if (mayPush(gates)) {
        await record(tx, PIPELINE, now, { kind: 'push-intended', onto: version, approvedBy: approversOf(facts) });
        return;
      }
      moved = false;
      const times = waits.flatMap(({ untilEpochMs }) => (untilEpochMs === undefined ? [] : [untilEpochMs]));
      again = Math.min(...times, tx.nowEpochMs + LOOK_EVERY_MS);
    });
    if (ask) return 'ask first';
    return moved ? MOVED : waiting(again);
  }
};

/** Everything that gates look at, as of one moment. */
export async function factsOf(
  reader: Pick<PipelineReader, 'stage' | 'line' | 'openPromotions'>,
  promotion: Promotion,
  policy: Policy,
  nowEpochMs: number,
): Promise<GateFacts> {
  const stage = await reader.stage(promotion.request.stage);
  const { previousStage: before } = policy;
  const previous = before === undefined ? undefined : await reader.stage(before);
  const open = before === undefined ? [] : await reader.openPromotions(before);
  const unsettledBefore = open.find(({ state }) => occupiesStage(state))?.id;
  return { promotion, policy, stage, previous, unsettledBefore, line: await reader.line(), nowEpochMs };
}
