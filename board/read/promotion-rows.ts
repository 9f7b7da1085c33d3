import { standingOf } from '../../pipeline/commands/answers.ts';
import { isTerminal, type Promotion, planOf } from '../../pipeline/promotion/promotion.ts';
import type { PromotionRow } from '../api/types/promotion-row.ts';

/** A promotion as lists show it. */
export function promotionRow(promotion: Promotion): PromotionRow {
  const { id, request, state } = promotion;
  const plan = planOf(state);
  const digest = plan?.digest ?? request.digest;
  return {
    id,
    stage: request.stage,
    purpose: request.purpose,
    revision: request.revision,
    ...(digest === undefined ? {} : { digest }),
    requestedBy: request.by,
    requestedEpochMs: request.atEpochMs,
    reason: request.reason,
    state: state.kind,
    sinceEpochMs: state.sinceEpochMs,
    hasEnded: isTerminal(state),
    standing: standingOf(promotion),
    ...(plan ? { summary: plan.summary } : {}),
  };
}
