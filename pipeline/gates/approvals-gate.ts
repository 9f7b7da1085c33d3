import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { open, waiting } from './gate-states.ts';
import { expiryOf, validApprovals } from './valid-approvals.ts';

/** So many people of the group approved. */
export function approvalsGate(facts: GateFacts): GateState {
  const { policy } = facts;
  if (!policy.approvals) return open('none asked for');
  const { count, group } = policy.approvals;
  const given = validApprovals(facts).filter(({ groups }) => groups.includes(group));
  const names = given.map(({ by }) => by).join(', ');
  if (given.length >= count) return open(`approved by ${names}`);
  const have = given.length > 0 ? `; ${names} approved` : '';
  return waiting(
    `${count - given.length} of ${count} approvals of ${group} are missing${have}`,
    // Then one of those that are there lapses.
    given.length > 0 ? Math.min(...given.map((approval) => expiryOf(approval, policy))) : undefined,
    [group],
  );
}
