import { exclusionOf, mayConfirm, mayDo } from '../../pipeline/access/may-do.ts';
import type { Policy } from '../../pipeline/access/policy.ts';
import type { Person } from '../../pipeline/commands/pipeline.ts';
import type { GateReport } from '../../pipeline/gates/gate.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';

/** Gates that people open by saying yes; nobody is told of those that they may not open themselves. */
const BY_APPROVAL: readonly GateReport['gate'][] = ['approvals', 'owners'];

/** What this person can do for a promotion now; empty: nothing. Only for show: the pipeline judges again when they do it. */
export function waitsFor(
  promotion: Promotion,
  person: Person,
  policy: Policy,
  gates: readonly GateReport[],
): readonly string[] {
  const { state, glass } = promotion;
  const may = (role: Parameters<typeof mayDo>[1]): boolean => mayDo(person, role, policy).kind === 'allowed';
  const reasons: string[] = [];
  const confirms =
    glass && glass.confirmedBy === undefined && state.kind !== 'rolling-back' && state.kind !== 'errored';
  if (confirms && mayConfirm(person, promotion, policy).kind === 'allowed')
    reasons.push(
      `${glass.by} broke the glass for ${glass.gates.join(', ')}: a second person confirms, or it is undone`,
    );
  if (state.kind === 'undecided' && may('rollback'))
    reasons.push('nobody could tell how the fleet took it: take it, or roll it back');
  if (state.kind === 'errored' && may('request')) reasons.push(`it erred during ${state.during}: retry or cancel it`);
  if (state.kind !== 'gating') return reasons;
  const isExcluded = exclusionOf(person.id, person.emails, promotion, policy) !== undefined;
  for (const { gate, state: waits } of gates) {
    if (waits.kind !== 'waiting' || (isExcluded && BY_APPROVAL.includes(gate))) continue;
    const { people, groups } = waits.owners;
    if (people.includes(person.id) || groups.some((group) => person.groups.includes(group))) reasons.push(waits.reason);
  }
  return reasons;
}
