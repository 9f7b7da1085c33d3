import type { StageName } from '../../../render/ids.ts';
import { requestPromotion } from '../../engine/requests.ts';
import type { Revision } from '../../ids.ts';
import type { Request } from '../../promotion/promotion.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, shortRevision, standingOf } from '../answers.ts';
import type { Command } from '../command.ts';
import { type Desk, decide, refuse } from './desk.ts';

/** The revision as typed, else what the stage before holds, else (first stage) the head. On the protected branch, whatever it is. */
export async function wantedRevision(stage: StageName, typed: string | undefined, desk: Desk): Promise<Revision> {
  const { source, store } = desk.ports;
  if (typed === undefined) {
    const stages = await desk.stages();
    const before = stages[stages.indexOf(stage) - 1];
    const head = await source.head(desk.signal);
    if (before === undefined) return head;
    const { live } = await store.read.stage(before);
    return live
      ? live.revision
      : refuse(
          'nothing-to-promote',
          stage,
          `nothing live in ${before}`,
          `a promotion into ${before} first, or a revision: promote ${stage} REV`,
        );
  }
  // What was pushed a moment ago is found as well.
  await source.head(desk.signal);
  const found = await source.resolve(typed, desk.signal);
  if (!found)
    return refuse('unknown-revision', stage, `the revision ${JSON.stringify(typed)}`, `a commit of ${source.name}`);
  if (!(await source.isReachable(found, desk.signal)))
    return refuse(
      'revision-not-reachable',
      stage,
      `revision ${shortRevision(found)}, which is not on ${source.name}`,
      'a revision that was merged: checks are code, and code from elsewhere is not run',
    );
  return found;
}

export async function promote(command: Extract<Command, { kind: 'promote' }>, desk: Desk): Promise<Answer> {
  const stage = await desk.stage(command.stage);
  const revision = await wantedRevision(stage, command.revision, desk);
  const { actor } = await desk.standingWith('request', stage, revision);
  return decide(desk, async (tx) => {
    const open = await tx.openPromotions(stage);
    const same = open.find(({ request }) => request.purpose === 'promote' && request.revision === revision);
    if (same && same.state.kind !== 'errored')
      return done(`${nameOf(same)} is on its way already: it ${standingOf(same)}`, [], same.id);
    const record = await tx.stage(stage);
    if (record.live?.revision === revision && !record.drift) {
      const saw = `revision ${shortRevision(revision)}, which ${stage} has already (${record.live.promotion})`;
      return refuse('already-live', stage, saw, 'another revision');
    }
    const request: Request = {
      stage,
      purpose: 'promote',
      revision,
      digest: undefined,
      by: actor,
      atEpochMs: tx.nowEpochMs,
      reason: command.reason,
      retryOf: undefined,
    };
    const { promotion, replaced, behind } = await requestPromotion(tx, request);
    const line = await tx.line();
    const lines = [
      ...(replaced.length > 0 ? [`it replaces ${replaced.join(', ')}`] : []),
      ...(behind === undefined ? [] : [`it waits until ${behind} has ended`]),
      ...(record.hold
        ? [`${stage} is held (${record.hold.reason}): it waits at its gates until somebody says: release ${stage}`]
        : []),
      ...(line.stopped
        ? [
            `all stages are stopped by ${line.stopped.by} (${line.stopped.reason}): it waits until somebody says: resume`,
          ]
        : []),
      `next: it is planned and proved on real Envoys; where it stands: why ${promotion.id}`,
    ];
    return done(
      `${promotion.id}: revision ${shortRevision(revision)} into ${stage}, asked for by ${actor.kind === 'person' ? actor.person : ''}`,
      lines,
      promotion.id,
    );
  });
}
