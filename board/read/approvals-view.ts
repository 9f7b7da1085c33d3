import type { Policy } from '../../pipeline/access/policy.ts';
import { whatChanged } from '../../pipeline/engine/bindings.ts';
import type { GateFacts } from '../../pipeline/gates/gate-facts.ts';
import { expiryOf, validApprovals } from '../../pipeline/gates/valid-approvals.ts';
import { type Approval, bindingOf } from '../../pipeline/promotion/approval.ts';
import type { Plan, VerdictRecord } from '../../pipeline/promotion/plan.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { ApprovalsView, ApprovalView } from '../api/types/promotion.ts';

export type ApprovalsGiven = {
  readonly promotion: Promotion;
  /** What it was planned and proved as last. */
  readonly plan: Plan | undefined;
  readonly verdict: VerdictRecord | undefined;
  /** Undefined: nobody can tell what holds. */
  readonly policy: Policy | undefined;
  /** Of a promotion at its gates. */
  readonly facts: GateFacts | undefined;
};

/** Who approved, for what, and whether that is what is there. */
export async function approvalsView(given: ApprovalsGiven, store: PipelineStore): Promise<ApprovalsView> {
  const { promotion, plan, verdict, policy, facts } = given;
  const binding = plan && verdict ? bindingOf(plan, verdict) : undefined;
  const counted = facts ? validApprovals(facts) : promotion.approvals.filter((one) => one.binding === binding);
  const views = promotion.approvals.map(async (approval): Promise<ApprovalView> => {
    const { by, atEpochMs, groups, comment } = approval;
    const view = { by, atEpochMs, groups, comment };
    if (counted.includes(approval)) return { ...view, state: 'counts' };
    return { ...view, state: 'lapsed', lapsedBecause: await reasonOf(approval, given, store) };
  });
  return {
    ...(promotion.state.kind === 'gating' && binding !== undefined ? { binding } : {}),
    ...(policy?.approvals ? { wanted: policy.approvals } : {}),
    given: await Promise.all(views),
  };
}

async function reasonOf(
  approval: Approval,
  { promotion, plan, verdict, policy, facts }: ApprovalsGiven,
  store: PipelineStore,
): Promise<string> {
  if (!plan || !verdict) return 'it is planned and proved anew';
  if (approval.binding !== bindingOf(plan, verdict))
    return whatChanged(store, promotion.id, approval.binding, plan, verdict);
  if (policy && facts && facts.nowEpochMs >= expiryOf(approval, policy)) return 'it is too old';
  return 'another one of the same person counts, or they may not approve this any more';
}
