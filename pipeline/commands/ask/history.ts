import type { StageName } from '../../../render/ids.ts';
import { shortDigest } from '../../../render/ids.ts';
import { actorName } from '../../ids.ts';
import { planOf } from '../../promotion/promotion.ts';
import type { Answer } from '../answer.ts';
import { shortRevision, shown, standingOf } from '../answers.ts';
import type { Desk } from '../execute/desk.ts';
import { atTime } from '../times.ts';

const SHOWN = 20;

export async function history(stage: StageName | undefined, desk: Desk): Promise<Answer> {
  const name = stage === undefined ? undefined : await desk.stage(stage);
  const found = await desk.ports.store.read.promotions({
    ...(name === undefined ? {} : { stage: name }),
    limit: SHOWN,
  });
  const where = name === undefined ? '' : ` of ${name}`;
  if (found.length === 0) return shown(`no promotions${where} yet`, []);
  const rows = found.map((promotion) => {
    const { id, request, state } = promotion;
    const digest = planOf(state)?.digest ?? request.digest;
    const what = `${request.purpose === 'rollback' ? 'back to ' : ''}${digest ? shortDigest(digest) : ''}`;
    return [
      id,
      atTime(request.atEpochMs),
      actorName(request.by),
      what,
      shortRevision(request.revision),
      standingOf(promotion),
    ];
  });
  return shown(`the latest promotions${where}`, [
    { kind: 'table', rows: [['promotion', 'asked for', 'by', 'digest', 'revision', 'it'], ...rows] },
  ]);
}
