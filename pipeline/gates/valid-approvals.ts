import { exclusionOf } from '../access/may-do.ts';
import { canonicalPerson } from '../access/same-person.ts';
import type { Approval } from '../promotion/approval.ts';
import { bindingOf } from '../promotion/approval.ts';
import type { GateFacts } from './gate-facts.ts';

/**
 * Approvals that count now, at most one of each person, the newest: for exactly this plan, verdict and policy, not expired, not of the
 * one who asked, nor of anybody who wrote a commit between live and proposed.
 */
export function validApprovals({ promotion, policy, nowEpochMs }: GateFacts): readonly Approval[] {
  const { state } = promotion;
  if (!('plan' in state) || !('verdict' in state) || state.plan.policyVersion !== policy.version) return [];
  const binding = bindingOf(state.plan, state.verdict);
  const counted = new Map<string, Approval>();
  for (const approval of promotion.approvals) {
    if (approval.binding !== binding || nowEpochMs >= expiryOf(approval, policy)) continue;
    if (exclusionOf(approval.by, approval.emails, promotion, policy)) continue;
    if (!approval.groups.some((group) => policy.roles.approve.includes(group))) continue;
    counted.set(canonicalPerson(approval.by, policy), approval);
  }
  return [...counted.values()];
}

/** Owners' approvals lapse as the stage's own do; where it asks for none, with the promotion. */
export const expiryOf = (approval: Approval, policy: GateFacts['policy']): number =>
  approval.atEpochMs + (policy.approvals?.expireMs ?? policy.expireMs);
