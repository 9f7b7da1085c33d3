import { mayApprove, mayDo } from '../../access/may-do.ts';
import { whatChanged } from '../../engine/bindings.ts';
import { record } from '../../engine/record.ts';
import { factsOf } from '../../engine/steps/gate-step.ts';
import { judgeGates } from '../../gates/gates.ts';
import { bindingOf } from '../../promotion/approval.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, standingOf } from '../answers.ts';
import type { Command } from '../command.ts';
import { allowed, type Desk, decide, refuse, type Standing } from './desk.ts';

type Approve = Extract<Command, { kind: 'approve' }>;

/** At the gates: a yes, bound to what is there now. Where nobody could tell how the fleet took it: it stays. */
export async function approve(command: Approve, desk: Desk): Promise<Answer> {
  const { request } = await desk.promotion(command.promotion);
  const standing = await desk.standing(request.stage, request.revision);
  return decide(desk, async (tx) => {
    const promotion = await tx.promotion(command.promotion);
    if (!promotion) throw new Error(`promotion ${command.promotion} went away`);
    switch (promotion.state.kind) {
      case 'gating':
        return atTheGates(promotion, command, standing, tx);
      case 'undecided': {
        const { approvals } = standing.policy;
        allowed(
          approvals
            ? mayApprove(standing.person, promotion, standing.policy)
            : mayDo(standing.person, 'approve', standing.policy),
        );
        await record(tx, standing.actor, promotion, {
          kind: 'accepted',
          by: standing.person.id,
          reason: command.reason,
        });
        return done(
          `${nameOf(promotion)} stays, as ${standing.person.id} says; ${request.stage} has it now`,
          [],
          promotion.id,
        );
      }
      case 'promoted':
        return done(`${nameOf(promotion)} is promoted already`, [], promotion.id);
      default:
        return refuse(
          'not-now',
          request.stage,
          `${nameOf(promotion)}, which ${standingOf(promotion)}`,
          'a promotion that waits for approvals',
        );
    }
  });
}

async function atTheGates(
  promotion: Promotion,
  { binding, reason }: Approve,
  { person, policy, actor }: Standing,
  tx: Parameters<Parameters<typeof decide>[1]>[0],
): Promise<Answer> {
  if (promotion.state.kind !== 'gating') throw new Error('not at its gates');
  const { plan, verdict } = promotion.state;
  const today = bindingOf(plan, verdict);
  if (binding !== undefined && binding !== today) {
    const changes = await whatChanged(tx, promotion.id, binding, plan, verdict);
    return refuse(
      'changed-since',
      plan && promotion.request.stage,
      `an approval of ${promotion.id} as it was before: ${changes}`,
      `a look at the plan as it is now: why ${promotion.id}`,
    );
  }
  if (promotion.approvals.some((approval) => approval.by === person.id && approval.binding === today)) {
    const { approvals } = promotion;
    const mine = approvals.find(({ by }) => by === person.id);
    const stillCounts =
      policy.approvals === undefined || (mine?.atEpochMs ?? 0) + policy.approvals.expireMs > tx.nowEpochMs;
    if (stillCounts) return done(`${person.id} has approved ${nameOf(promotion)} already`, [], promotion.id);
  }
  allowed(mayApprove(person, promotion, policy));
  const approval = {
    by: person.id,
    binding: today,
    atEpochMs: tx.nowEpochMs,
    groups: person.groups,
    emails: emailsOf(person.emails, policy, person.id),
    comment: reason,
  };
  const next = await record(tx, actor, promotion, { kind: 'approved', approval });
  const waits = judgeGates(await factsOf(tx, next, policy, tx.nowEpochMs)).flatMap(({ gate, state }) =>
    state.kind === 'waiting' ? [`${gate}: ${state.reason}`] : [],
  );
  const lines =
    waits.length === 0 ? ['every gate is open: it is pushed next'] : waits.map((line) => `still waits for ${line}`);
  return done(`${person.id} approved ${nameOf(promotion)}`, lines, promotion.id);
}

const emailsOf = (own: readonly string[], { people }: Standing['policy'], id: string): readonly string[] => [
  ...new Set([...own, ...(people.find((known) => known.id === id)?.emails ?? [])].map((email) => email.toLowerCase())),
];
