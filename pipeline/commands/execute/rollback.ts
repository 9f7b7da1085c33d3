import type { StageName } from '../../../render/ids.ts';
import { shortDigest } from '../../../render/ids.ts';
import { record } from '../../engine/record.ts';
import { byQueueFirst, requestPromotion } from '../../engine/requests.ts';
import { canGoBack, occupiesStage, type Request } from '../../promotion/promotion.ts';
import type { Landed, StageRecord } from '../../stage/stage-record.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, standingOf } from '../answers.ts';
import { type Command, isDigestPrefix } from '../command.ts';
import { type Desk, decide, refuse, type Standing } from './desk.ts';
import { needReason } from './reason.ts';

/**
 * Back to what was good. What was just pushed is taken back; with nothing on its way, a promotion to an earlier digest is made, which no
 * freeze, soak, approval, order or stop holds up.
 */
export async function rollback(command: Extract<Command, { kind: 'rollback' }>, desk: Desk): Promise<Answer> {
  const stage = await desk.stage(command.stage);
  needReason('rollback', command.reason, stage);
  const standing = await desk.standingWith('rollback', stage);
  return decide(desk, async (tx) => {
    const open = await tx.openPromotions(stage);
    const pushed = open.find(({ state }) => occupiesStage(state));
    if (pushed && command.digest === undefined) return takeBack(pushed, command.reason, standing, tx);
    if (pushed) {
      const saw = `${nameOf(pushed)}, which ${standingOf(pushed)}`;
      return refuse('not-now', stage, saw, `rollback ${stage} first, which takes it back; then a digest can be named`);
    }
    const record_ = await tx.stage(stage);
    const to = destination(record_, command.digest, stage);
    const same = open.find(({ request }) => request.purpose === 'rollback' && request.digest === to.digest);
    if (same && same.state.kind !== 'errored')
      return done(`${nameOf(same)} is on its way already: it ${standingOf(same)}`, [], same.id);
    for (const other of byQueueFirst(open))
      await record(tx, standing.actor, other, {
        kind: 'cancelled',
        by: standing.actor,
        reason: `${stage} is rolled back: ${command.reason}`,
      });
    const made = await requestBack(stage, to, command.reason, standing, tx);
    const lines = [
      ...(open.length > 0 ? [`cancelled: ${open.map(({ id }) => id).join(', ')}`] : []),
      `next: it is pushed at once if it was verified lately, and ${stage} is held until somebody says: release ${stage}`,
    ];
    return done(
      `${made}: ${stage} goes back to ${shortDigest(to.digest)} (${to.promotion}), asked for by ${standing.person.id}`,
      lines,
      made,
    );
  });
}

export async function requestBack(
  stage: StageName,
  to: Landed,
  reason: string,
  { actor }: Pick<Standing, 'actor'>,
  tx: PipelineTransaction,
): Promise<Request['retryOf']> {
  const { revision, digest } = to;
  const request: Request = {
    stage,
    purpose: 'rollback',
    revision,
    digest,
    by: actor,
    atEpochMs: tx.nowEpochMs,
    reason,
    retryOf: undefined,
  };
  return (await requestPromotion(tx, request)).promotion.id;
}

async function takeBack(
  pushed: Awaited<ReturnType<PipelineTransaction['openPromotions']>>[number],
  reason: string,
  { actor, person }: Standing,
  tx: PipelineTransaction,
): Promise<Answer> {
  const { state, request } = pushed;
  const isOrdered = state.kind === 'rolling-back' || (state.kind === 'pushing' && state.abort !== undefined);
  if (isOrdered) return done(`${nameOf(pushed)} is on its way back already`, [], pushed.id);
  if (!canGoBack(state))
    return refuse(
      'nothing-to-roll-back-to',
      request.stage,
      `${nameOf(pushed)}, before which nothing was delivered`,
      `a mended revision: promote ${request.stage} REV${state.kind === 'undecided' || state.kind === 'unconfirmed' ? `, after: reject ${pushed.id}` : ', once it has ended'}`,
    );
  await record(tx, actor, pushed, { kind: 'rollback-ordered', by: actor, reason });
  return done(
    `${nameOf(pushed)} is taken back, as ${person.id} says: ${reason}`,
    [`next: ${request.stage} is held until somebody says: release ${request.stage}`],
    pushed.id,
  );
}

/** The digest that was named, else the one before what is live; what is live itself where the target may hold something else. */
function destination({ live, past, hold, drift }: StageRecord, typed: string | undefined, stage: StageName): Landed {
  const known = live ? [live, ...past] : past;
  const names = known.map(({ digest }) => shortDigest(digest)).slice(0, 10);
  const want = names.length > 0 ? `one of ${names.join(', ')}` : 'a stage that something landed in';
  if (typed !== undefined) {
    const found = isDigestPrefix(typed) ? known.filter(({ digest }) => digest.startsWith(typed)) : [];
    const [first] = found;
    if (first && found.every(({ digest }) => digest === first.digest)) return first;
    return refuse('unknown-digest', stage, `the digest ${JSON.stringify(typed)}`, want);
  }
  const unsettled = drift?.kind === 'delivered' || (hold?.cause === 'unsettled' && hold.promotion !== live?.promotion);
  const to = unsettled ? live : past[0];
  return to ?? refuse('nothing-to-roll-back-to', stage, `no earlier delivery in ${stage}`, want);
}
