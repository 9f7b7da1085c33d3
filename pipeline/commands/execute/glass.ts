import { mayConfirm } from '../../access/may-do.ts';
import { record } from '../../engine/record.ts';
import { SKIPPABLE_GATES } from '../../promotion/promotion.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, standingOf } from '../answers.ts';
import type { Command } from '../command.ts';
import { allowed, type Desk, decide, refuse } from './desk.ts';
import { needReason } from './reason.ts';

/** Skips named gates of one promotion, with a reason; undone unless a second person confirms in time. */
export async function breakGlass(command: Extract<Command, { kind: 'break-glass' }>, desk: Desk): Promise<Answer> {
  const { request } = await desk.promotion(command.promotion);
  const { stage } = request;
  const { person, policy, actor } = await desk.standingWith('break-glass', stage, request.revision);
  needReason('break-glass', command.reason, stage);
  if (command.typedStage !== stage)
    return refuse('glass-stage', stage, `the stage ${JSON.stringify(command.typedStage)}`, `${stage}, typed once more`);
  const unknown = command.gates.filter((gate) => !SKIPPABLE_GATES.includes(gate));
  if (command.gates.length === 0 || unknown.length > 0)
    return refuse(
      'glass-gates',
      stage,
      command.gates.length === 0 ? 'no gate' : unknown.join(', '),
      `gates of ${SKIPPABLE_GATES.join(', ')}`,
    );
  return decide(desk, async (tx) => {
    const promotion = await tx.promotion(command.promotion);
    if (!promotion) throw new Error(`promotion ${command.promotion} went away`);
    const confirm = `a second person of ${policy.roles['break-glass'].join(' or ')}: confirm ${promotion.id}`;
    if (promotion.glass) {
      const { by, gates, confirmedBy } = promotion.glass;
      return done(
        `${by} broke the glass of ${nameOf(promotion)} already, for ${gates.join(', ')}`,
        confirmedBy ? [`${confirmedBy} confirmed it`] : [`it waits for ${confirm}`],
        promotion.id,
      );
    }
    if (!['queued', 'planning', 'verifying', 'gating'].includes(promotion.state.kind) || request.purpose === 'rollback')
      return refuse(
        'not-now',
        stage,
        `${nameOf(promotion)}, which ${standingOf(promotion)}`,
        'a promotion that was not pushed yet; a rollback passes those gates anyway',
      );
    const gates = [...new Set(command.gates)];
    const confirmByEpochMs = tx.nowEpochMs + policy.confirmMs;
    await record(tx, actor, promotion, {
      kind: 'glass-broken',
      gates,
      by: person.id,
      reason: command.reason,
      confirmByEpochMs,
    });
    const minutes = Math.round(policy.confirmMs / 60_000);
    return done(
      `${person.id} broke the glass of ${nameOf(promotion)}: ${gates.join(', ')} are skipped; ${command.reason}`,
      [`within ${minutes} min it needs ${confirm}; else it is undone`, 'the matrix and the guards are not skipped'],
      promotion.id,
    );
  });
}

export async function confirm(command: Extract<Command, { kind: 'confirm' }>, desk: Desk): Promise<Answer> {
  const { request } = await desk.promotion(command.promotion);
  const { person, policy, actor } = await desk.standing(request.stage, request.revision);
  return decide(desk, async (tx) => {
    const promotion = await tx.promotion(command.promotion);
    if (!promotion) throw new Error(`promotion ${command.promotion} went away`);
    allowed(mayConfirm(person, promotion, policy));
    const { glass, state } = promotion;
    if (!glass)
      return refuse(
        'not-now',
        request.stage,
        `${nameOf(promotion)}, whose glass nobody broke`,
        'a promotion with a broken glass',
      );
    if (glass.confirmedBy) return done(`${glass.confirmedBy} confirmed ${nameOf(promotion)} already`, [], promotion.id);
    const isLate = tx.nowEpochMs >= glass.confirmByEpochMs;
    if (
      isLate ||
      ['rolling-back', 'errored', 'promoted', 'rolled-back', 'rejected', 'cancelled', 'superseded', 'expired'].includes(
        state.kind,
      )
    )
      return refuse(
        'not-now',
        request.stage,
        `${nameOf(promotion)}, which ${standingOf(promotion)}${isLate ? '; the time to confirm is over' : ''}`,
        'a broken glass whose time is not over',
      );
    await record(tx, actor, promotion, { kind: 'glass-confirmed', by: person.id });
    return done(`${person.id} confirmed the broken glass of ${nameOf(promotion)}`, [], promotion.id);
  });
}
