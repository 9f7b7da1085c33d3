import type { Policy } from '../../pipeline/access/policy.ts';
import { policyAt, rulingRevision } from '../../pipeline/engine/step.ts';
import { factsOf } from '../../pipeline/engine/steps/gate-step.ts';
import type { GateReport } from '../../pipeline/gates/gate.ts';
import type { GateFacts } from '../../pipeline/gates/gate-facts.ts';
import { judgeGates } from '../../pipeline/gates/gates.ts';
import { type Explanation, explain } from '../../pipeline/promotion/explain.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import { StoreError } from '../../pipeline/store/store-error.ts';
import type { Stale } from '../api/types/problem.ts';
import type { BoardPorts } from './board-ports.ts';

/** What holds for a promotion now, and what its gates say. Without `policy`, nobody can tell, and `stale` says why. */
export type Standing = {
  readonly policy: Policy | undefined;
  readonly facts: GateFacts | undefined;
  readonly gates: readonly GateReport[];
  readonly why: Explanation | undefined;
  readonly stale: readonly Stale[];
};

export async function standingNow(
  promotion: Promotion,
  { store, revisions, clock }: Pick<BoardPorts, 'store' | 'revisions' | 'clock'>,
): Promise<Standing> {
  const { stage, revision } = promotion.request;
  const nowEpochMs = clock.nowEpochMs();
  try {
    const ruling = rulingRevision(await store.read.stage(stage), revision);
    const policy = await policyAt({ revisions }, ruling, stage);
    const facts =
      promotion.state.kind === 'gating' ? await factsOf(store.read, promotion, policy, nowEpochMs) : undefined;
    const gates = facts ? judgeGates(facts) : [];
    return { policy, facts, gates, why: explain(promotion, gates, policy, nowEpochMs), stale: [] };
  } catch (fault) {
    if (fault instanceof StoreError) throw fault;
    const problem = fault instanceof Error ? fault.message : String(fault);
    const stale = [{ what: `the policy of ${stage}`, problem }];
    return { policy: undefined, facts: undefined, gates: [], why: undefined, stale };
  }
}
