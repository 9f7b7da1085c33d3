import type { StageName } from '../../../render/ids.ts';
import { shortDigest } from '../../../render/ids.ts';
import { requestPromotion } from '../../engine/requests.ts';
import { stageAt } from '../../engine/step.ts';
import type { Revision } from '../../ids.ts';
import { occupiesStage, type Request } from '../../promotion/promotion.ts';
import type { Held } from '../../targets/target.ts';
import type { Answer } from '../answer.ts';
import { done, nameOf, standingOf } from '../answers.ts';
import type { Command } from '../command.ts';
import { type Desk, decide, refuse } from './desk.ts';
import { requestBack } from './rollback.ts';

async function heldIn(stage: StageName, ruling: Revision, { ports, signal }: Desk): Promise<Held> {
  await using target = await ports.openTarget(await stageAt(ports, ruling, stage, signal));
  return target.read(signal);
}

const digestOf = (held: Held): string | undefined =>
  held.kind === 'delivery' ? held.delivery.snapshot.digest : held.kind === 'foreign' ? held.digest : undefined;

/** Puts what is promoted back into the target, whatever is there; as a promotion, so that it is pushed once and watched. */
export async function reconcile(command: Extract<Command, { kind: 'reconcile' }>, desk: Desk): Promise<Answer> {
  const stage = await desk.stage(command.stage);
  const standing = await desk.standingWith('rollback', stage);
  const { live } = await desk.ports.store.read.stage(stage);
  if (!live)
    return refuse(
      'nothing-to-roll-back-to',
      stage,
      `nothing that was promoted into ${stage}`,
      'a stage that something landed in',
    );
  const held = await heldIn(stage, live.revision, desk);
  if (held.kind === 'delivery' && digestOf(held) === live.digest)
    return done(`${stage} holds what was promoted: ${shortDigest(live.digest)} (${live.promotion})`);
  return decide(desk, async (tx) => {
    const busy = (await tx.openPromotions(stage)).find(
      ({ state, request }) => occupiesStage(state) || request.purpose === 'rollback',
    );
    if (busy) return done(`${nameOf(busy)} is on its way: it ${standingOf(busy)}`, [], busy.id);
    const now = await tx.stage(stage);
    if (now.live?.promotion !== live.promotion)
      return refuse('not-now', stage, `${stage}, where something landed meanwhile`, 'a look at "status" first');
    const reason =
      command.reason.trim() === ''
        ? `${held.kind === 'empty' ? 'nothing' : 'something else'} was in the target`
        : command.reason;
    const made = await requestBack(stage, live, reason, standing, tx);
    return done(`${made} puts ${shortDigest(live.digest)} (${live.promotion}) back into ${stage}`, [], made);
  });
}

/** Takes what is in the target, once it is proved like anything else; only what a revision of the protected branch renders to. */
export async function adopt(command: Extract<Command, { kind: 'adopt' }>, desk: Desk): Promise<Answer> {
  const { ports, signal } = desk;
  const stage = await desk.stage(command.stage);
  const { actor, person } = await desk.standingWith('request', stage);
  const { live } = await ports.store.read.stage(stage);
  const head = await ports.source.head(signal);
  const held = await heldIn(stage, live?.revision ?? head, desk);
  const digest = digestOf(held);
  if (digest !== undefined && digest === live?.digest && held.kind === 'delivery')
    return done(`${stage} holds what was promoted: ${shortDigest(live.digest)} (${live.promotion})`);
  const revision = digest === undefined ? undefined : await revisionOf(digest, held, stage, head, desk);
  if (revision === undefined || digest === undefined) {
    const saw =
      held.kind === 'foreign'
        ? held.problem
        : held.kind === 'empty'
          ? 'an empty target'
          : `the digest ${digest?.slice(0, 12)}, which no known revision renders to`;
    return refuse('nothing-adoptable', stage, saw, `a commit that renders to it, or: reconcile ${stage}`);
  }
  return decide(desk, async (tx) => {
    const busy = (await tx.openPromotions(stage)).find(({ state }) => occupiesStage(state));
    if (busy) return done(`${nameOf(busy)} is on its way: it ${standingOf(busy)}`, [], busy.id);
    const reason = command.reason.trim() === '' ? 'what is in the target is adopted' : command.reason;
    const request: Request = {
      stage,
      purpose: 'promote',
      revision,
      digest: digest as Request['digest'],
      by: actor,
      atEpochMs: tx.nowEpochMs,
      reason,
      retryOf: undefined,
    };
    const { promotion } = await requestPromotion(tx, request);
    return done(
      `${promotion.id}: ${stage} adopts ${digest.slice(0, 12)} of revision ${revision.slice(0, 12)}, asked for by ${person.id}`,
      ['next: it is proved and approved like any other'],
      promotion.id,
    );
  });
}

async function revisionOf(
  digest: string,
  held: Held,
  stage: StageName,
  head: Revision,
  { ports, signal }: Desk,
): Promise<Revision | undefined> {
  const { past, live } = await ports.store.read.stage(stage);
  const named = held.kind === 'delivery' ? [held.delivery.manifest.revision] : [];
  const landed = [...(live ? [live] : []), ...past]
    .filter((landing) => landing.digest === digest)
    .map(({ revision }) => revision);
  for (const candidate of new Set([...named, ...landed, head])) {
    const known = await ports.source.resolve(candidate, signal);
    if (!known || !(await ports.source.isReachable(known, signal))) continue;
    const rendered = await ports.revisions.stage(known, stage, undefined, signal);
    if (rendered?.snapshot?.digest === digest) return known;
  }
  return undefined;
}
