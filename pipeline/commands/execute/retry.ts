import { record } from '../../engine/record.ts';
import { requestPromotion } from '../../engine/requests.ts';
import { isTerminal } from '../../promotion/promotion.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, standingOf } from '../answers.ts';
import type { Command } from '../command.ts';
import { type Desk, decide, refuse } from './desk.ts';

/** What erred is planned anew under its own name; what ended otherwise is asked for again, as a new promotion. */
export async function retry(command: Extract<Command, { kind: 'retry' }>, desk: Desk): Promise<Answer> {
  const { request } = await desk.promotion(command.promotion);
  const { stage } = request;
  const { person, actor } = await desk.standingWith(
    request.purpose === 'rollback' ? 'rollback' : 'request',
    stage,
    request.revision,
  );
  return decide(desk, async (tx) => {
    const promotion = await tx.promotion(command.promotion);
    if (!promotion) throw new Error(`promotion ${command.promotion} went away`);
    if (promotion.state.kind === 'errored') {
      await record(tx, actor, promotion, { kind: 'retried', by: person.id });
      return done(`${nameOf(promotion)} is tried again`, ['next: it is planned and verified anew'], promotion.id);
    }
    if (!isTerminal(promotion.state))
      return done(`${nameOf(promotion)} is on its way: it ${standingOf(promotion)}`, [], promotion.id);
    if (promotion.state.kind === 'promoted')
      return refuse(
        'not-now',
        stage,
        `${nameOf(promotion)}, which is promoted`,
        `promote ${stage} REV for something else`,
      );
    const again = (await tx.openPromotions(stage)).find((other) => other.request.retryOf === promotion.id);
    if (again) return done(`${nameOf(again)} is that retry, and on its way: it ${standingOf(again)}`, [], again.id);
    const next = { ...request, by: actor, atEpochMs: tx.nowEpochMs, retryOf: promotion.id };
    const { promotion: made, replaced, behind } = await requestPromotion(tx, next);
    const lines = [
      ...(replaced.length > 0 ? [`it replaces ${replaced.join(', ')}`] : []),
      ...(behind ? [`it waits until ${behind} has ended`] : []),
    ];
    return done(`${made.id} tries again what ${promotion.id} was for`, lines, made.id);
  });
}
