import { mayDo } from '../../access/may-do.ts';
import { samePerson } from '../../access/same-person.ts';
import { engineFinding } from '../../engine/engine-finding.ts';
import { record } from '../../engine/record.ts';
import { canGoBack, isTerminal, type Promotion, type StateKind } from '../../promotion/promotion.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, standingOf } from '../answers.ts';
import type { Command } from '../command.ts';
import { allowed, type Desk, decide, refuse } from './desk.ts';
import { needReason } from './reason.ts';

const BEFORE_THE_PUSH: readonly StateKind[] = ['queued', 'planning', 'verifying', 'gating'];

const notNow = (promotion: Promotion, want: string): never =>
  refuse('not-now', promotion.request.stage, `${nameOf(promotion)}, which ${standingOf(promotion)}`, want);

const wayBack = ({ state, request }: Promotion): string =>
  isTerminal(state)
    ? 'a promotion that has not ended'
    : canGoBack(state) || state.kind === 'rolling-back'
      ? `rollback ${request.stage}, for what was pushed`
      : 'to wait until the fleet was watched, as nothing was delivered before it';

/** A person's no. What was pushed and nobody could judge goes back. */
export async function reject(command: Extract<Command, { kind: 'reject' }>, desk: Desk): Promise<Answer> {
  const { request } = await desk.promotion(command.promotion);
  const { stage } = request;
  needReason('reject', command.reason, stage);
  const { person, actor } = await desk.standingWith('approve', stage, request.revision);
  return decide(desk, async (tx) => {
    const promotion = await tx.promotion(command.promotion);
    if (!promotion) throw new Error(`promotion ${command.promotion} went away`);
    const { kind } = promotion.state;
    if (kind === 'rejected') return done(`${nameOf(promotion)} ${standingOf(promotion)}, already`, [], promotion.id);
    if (kind === 'undecided' || kind === 'unconfirmed') {
      await record(tx, actor, promotion, { kind: 'rollback-ordered', by: actor, reason: command.reason });
      const held = `${stage} is held until somebody says: release ${stage}`;
      return canGoBack(promotion.state)
        ? done(
            `${nameOf(promotion)} is taken back, as ${person.id} says: ${command.reason}`,
            [`next: ${held}`],
            promotion.id,
          )
        : done(
            `${person.id} rejected ${nameOf(promotion)}: ${command.reason}`,
            [
              `nothing was delivered before it, so it cannot be taken back: ${held}`,
              `next: a mended revision: promote ${stage} REV`,
            ],
            promotion.id,
          );
    }
    if (!BEFORE_THE_PUSH.includes(kind))
      return notNow(promotion, kind === 'errored' ? `cancel ${promotion.id}` : wayBack(promotion));
    const finding = engineFinding(
      'rejected-by-person',
      stage,
      `a no of ${person.id}: ${command.reason}`,
      `a promotion that answers it: promote ${stage} REV`,
    );
    await record(tx, actor, promotion, { kind: 'rejected', findings: [finding], by: actor, reason: command.reason });
    return done(`${person.id} rejected ${nameOf(promotion)}: ${command.reason}`, ['nothing was pushed'], promotion.id);
  });
}

/** Takes a request back, as long as nothing was pushed: whoever made it, or anybody who may make one in that stage. */
export async function cancel(command: Extract<Command, { kind: 'cancel' }>, desk: Desk): Promise<Answer> {
  const { request } = await desk.promotion(command.promotion);
  const { stage } = request;
  const { person, policy, actor } = await desk.standing(stage, request.revision);
  const isOwn = request.by.kind === 'person' && samePerson(request.by.person, person.id, policy);
  if (!isOwn) allowed(mayDo(person, 'request', policy));
  return decide(desk, async (tx) => {
    const promotion = await tx.promotion(command.promotion);
    if (!promotion) throw new Error(`promotion ${command.promotion} went away`);
    const { kind } = promotion.state;
    if (kind === 'cancelled') return done(`${nameOf(promotion)} ${standingOf(promotion)}, already`, [], promotion.id);
    if (!BEFORE_THE_PUSH.includes(kind) && kind !== 'errored')
      return notNow(
        promotion,
        kind === 'pushing' || kind === 'observing' || kind === 'undecided' || kind === 'unconfirmed'
          ? wayBack(promotion)
          : 'a promotion that has not ended',
      );
    const reason = command.reason.trim() === '' ? `cancelled by ${person.id}` : command.reason;
    await record(tx, actor, promotion, { kind: 'cancelled', by: actor, reason });
    return done(`${person.id} cancelled ${nameOf(promotion)}`, [], promotion.id);
  });
}
