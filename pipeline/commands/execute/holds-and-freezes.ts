import type { StageName } from '../../../render/ids.ts';
import { advanceKey } from '../../engine/record.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import type { Answer } from '../answer.ts';
import { done } from '../answers.ts';
import type { Command } from '../command.ts';
import { type Desk, decide, refuse, type Standing } from './desk.ts';
import { needReason } from './reason.ts';

/** What waited at its gates is looked at again, and what goes by itself may start. */
async function rouse(tx: PipelineTransaction, stage?: StageName): Promise<void> {
  for (const promotion of await tx.openPromotions(stage))
    if (promotion.state.kind === 'gating')
      await tx.enqueue(
        { kind: 'advance', promotion: promotion.id },
        { key: `${advanceKey(promotion)} roused ${tx.nowEpochMs}` },
      );
  await tx.enqueue({ kind: 'look-for-revisions' }, { key: 'look-for-revisions now' });
}

export async function release(command: Extract<Command, { kind: 'release' }>, desk: Desk): Promise<Answer> {
  const stage = await desk.stage(command.stage);
  const { person, actor } = await desk.standingWith('release', stage);
  return decide(desk, async (tx) => {
    const { hold } = await tx.stage(stage);
    if (!hold) return done(`${stage} is not held`);
    await tx.append(actor, {
      kind: 'stage',
      stage,
      event: { kind: 'released', by: person.id, reason: command.reason },
    });
    await rouse(tx, stage);
    return done(`${person.id} released ${stage}, which was held: ${hold.reason}`, ['next: promotions into it go on']);
  });
}

/** One stage, or all of them at once; every one needs the role. */
async function stagesOf(stage: StageName | undefined, desk: Desk): Promise<readonly [readonly StageName[], Standing]> {
  const names = stage === undefined ? await desk.stages() : [await desk.stage(stage)];
  let standing: Standing | undefined;
  for (const name of names) standing = await desk.standingWith('freeze', name);
  if (!standing) return refuse('no-such-stage', undefined, 'a mesh without stages', 'one stage or more in mesh.yaml');
  return [names, standing];
}

export async function freeze(command: Extract<Command, { kind: 'freeze' }>, desk: Desk): Promise<Answer> {
  needReason('freeze', command.reason, command.stage);
  const [names, { person, actor }] = await stagesOf(command.stage, desk);
  return decide(desk, async (tx) => {
    const fresh: StageName[] = [];
    for (const stage of names) {
      if ((await tx.stage(stage)).freeze) continue;
      await tx.append(actor, {
        kind: 'stage',
        stage,
        event: { kind: 'frozen', by: person.id, reason: command.reason },
      });
      fresh.push(stage);
    }
    if (fresh.length === 0) return done(`${names.join(', ')}: frozen already`);
    return done(`${person.id} froze ${fresh.join(', ')}: ${command.reason}`, [
      'going back to a verified digest stays possible; unfreeze ends it',
    ]);
  });
}

export async function unfreeze(command: Extract<Command, { kind: 'unfreeze' }>, desk: Desk): Promise<Answer> {
  const [names, { person, actor }] = await stagesOf(command.stage, desk);
  return decide(desk, async (tx) => {
    const ended: StageName[] = [];
    for (const stage of names) {
      if (!(await tx.stage(stage)).freeze) continue;
      await tx.append(actor, {
        kind: 'stage',
        stage,
        event: { kind: 'unfrozen', by: person.id, reason: command.reason },
      });
      await rouse(tx, stage);
      ended.push(stage);
    }
    if (ended.length === 0)
      return done(`${names.join(', ')}: not frozen by hand`, ['freeze windows of mesh.yaml end by themselves']);
    return done(`${person.id} ended the freeze of ${ended.join(', ')}`);
  });
}

/** Whoever may freeze any stage may stop them all: seeing a fire is enough. Starting again takes all of them. */
export async function stop(command: Extract<Command, { kind: 'stop' }>, desk: Desk): Promise<Answer> {
  needReason('stop', command.reason, undefined);
  const names = await desk.stages();
  // A stage whose policy nobody can read allows nothing, and keeps nobody from stopping who may do so elsewhere.
  const looks = await Promise.allSettled(names.map((name) => desk.standingWith('freeze', name)));
  const able = looks.find((look) => look.status === 'fulfilled')?.value;
  const [first] = looks;
  if (!able && first?.status === 'rejected') throw first.reason;
  const { person, actor } = able ?? refuse('no-such-stage', undefined, 'a mesh without stages', 'one stage or more');
  return decide(desk, async (tx) => {
    const { stopped } = await tx.line();
    if (stopped) return done(`all stages are stopped already, by ${stopped.by}: ${stopped.reason}`);
    await tx.append(actor, { kind: 'line', event: { kind: 'stopped', by: person.id, reason: command.reason } });
    return done(`${person.id} stopped all stages: ${command.reason}`, [
      'nothing is pushed until somebody says: resume; rolling back stays possible',
    ]);
  });
}

export async function resume(command: Extract<Command, { kind: 'resume' }>, desk: Desk): Promise<Answer> {
  const [, { person, actor }] = await stagesOf(undefined, desk);
  return decide(desk, async (tx) => {
    const { stopped } = await tx.line();
    if (!stopped) return done('nothing is stopped');
    await tx.append(actor, { kind: 'line', event: { kind: 'resumed', by: person.id, reason: command.reason } });
    await rouse(tx);
    return done(`${person.id} resumed all stages, which ${stopped.by} had stopped: ${stopped.reason}`);
  });
}
