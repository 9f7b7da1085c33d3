import { expect, test } from 'vitest';
import type { Command } from '../../pipeline/commands/command.ts';
import type { Pipeline } from '../../pipeline/commands/pipeline.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { World } from '../pipeline/engine/engine-world.ts';
import type { Browser } from './browser.ts';

type Who = 'ada' | 'bo' | 'cyd' | 'eve';
type Answered = Awaited<ReturnType<Browser['act']>>['answer'];

/** What people decide on the board that is not decided elsewhere, too; over the mesh and the sign-in of the file that calls it. */
export function decisionsOnBoard(given: {
  readonly mesh: () => World;
  readonly signedIn: (who: Who) => Promise<Browser>;
  /** The same, said in Slack. */
  readonly inSlack: (command: Command, who: Who) => ReturnType<Pipeline['execute']>;
}): void {
  const { signedIn, inSlack } = given;
  const ruleOf = ({ findings }: Answered): string | undefined => (findings as { rule: string }[])[0]?.rule;

  const asked = async (mesh: World, revision?: string): Promise<PromotionId> => {
    const command = { kind: 'promote', stage: mesh.canary, revision, reason: 'next' } as const;
    const { promotion, title } = await mesh.as('ada')(command);
    await mesh.settle();
    if (promotion === undefined) throw new Error(title);
    expect(await mesh.standing(promotion)).toBe('gating');
    return promotion;
  };

  test('a page that is old is told what to do; two approve at the same moment, and it is pushed once; who comes later hears so', async () => {
    const mesh = given.mesh();
    const promotion = await asked(mesh);
    const [bo, cyd] = [await signedIn('bo'), await signedIn('cyd')];
    // A page that was opened before it was proved anew says what it saw.
    const seen = 'e'.repeat(64) as never;
    const stale = await bo.act({ kind: 'approve', promotion, binding: seen, reason: 'as I saw it' });
    expect([stale.answer.kind, ruleOf(stale.answer)]).toEqual(['refused', 'changed-since']);
    expect(JSON.stringify(stale.answer.blocks)).toContain(`a look at the plan as it is now: why ${promotion}`);

    const approve: Command = { kind: 'approve', promotion, binding: undefined, reason: 'looks right' };
    const both = await Promise.all([bo, cyd].map((one) => one.act(approve)));
    expect(both.map(({ answer }) => answer.kind)).toEqual(['done', 'done']);
    expect((await mesh.promotion(promotion)).approvals.map(({ by }) => by).toSorted()).toEqual(['bo', 'cyd']);
    await mesh.settle();
    expect(await mesh.standing(promotion)).toBe('promoted');

    const late = async (command: Command): Promise<Answered> => (await bo.act(command)).answer;
    expect(await late(approve)).toMatchObject({
      kind: 'done',
      title: expect.stringMatching(/is promoted already$/) as string,
    });
    for (const [command, want] of [
      [{ kind: 'cancel', promotion, reason: 'too late' }, 'a promotion that has not ended'],
      [{ kind: 'reject', promotion, reason: 'too late' }, 'a promotion that has not ended'],
      [{ kind: 'retry', promotion }, `promote ${mesh.canary} REV for something else`],
    ] as const) {
      const answer = await late(command);
      expect([command.kind, answer.kind, ruleOf(answer)]).toEqual([command.kind, 'refused', 'not-now']);
      expect(answer.title).toContain('is promoted');
      expect(JSON.stringify(answer.blocks)).toContain(want);
    }
    expect(await mesh.standing(promotion)).toBe('promoted');
    expect(mesh.pushes.filter((push) => push.startsWith(`${promotion} `))).toHaveLength(1);
  });

  test('the glass is broken on the board under the rules of Slack, and confirmed there by a second person', async () => {
    const mesh = given.mesh();
    // Beta does not have it: the order is a gate, too.
    const promotion = await asked(mesh, await mesh.commit({}));
    const [ada, bo, eve] = [await signedIn('ada'), await signedIn('bo'), await signedIn('eve')];
    const glass = (more: Partial<Extract<Command, { kind: 'break-glass' }>>): Command => {
      const whole = { kind: 'break-glass', promotion, gates: ['order', 'approvals'], typedStage: mesh.canary } as const;
      return { ...whole, reason: 'nobody else is awake', ...more };
    };
    for (const [command, rule] of [
      [glass({ reason: ' ' }), 'reason-missing'],
      [glass({ reason: 'no' }), 'reason-missing'],
      [glass({ typedStage: mesh.beta }), 'glass-stage'],
      [glass({ typedStage: '' }), 'glass-stage'],
    ] as const) {
      const { answer } = await ada.act(command);
      expect([answer.kind, ruleOf(answer)]).toEqual(['refused', rule]);
      expect(JSON.parse(JSON.stringify(await inSlack(command, 'ada')))).toEqual(answer);
    }
    expect((await ada.act(glass({ gates: [] }))).answer).toMatchObject({ rule: 'board-bad-request' });
    expect((await ada.act(glass({ gates: ['verdict' as never] }))).answer).toMatchObject({ rule: 'board-bad-request' });
    expect(ruleOf((await eve.act(glass({}))).answer)).toBe('access-role');
    expect(await mesh.standing(promotion)).toBe('gating');

    const { answer } = await ada.act(glass({}));
    expect(answer).toMatchObject({
      kind: 'done',
      title: expect.stringContaining('order, approvals are skipped') as string,
    });
    expect(JSON.stringify(answer)).toContain(`confirm ${promotion}`);
    expect(ruleOf((await ada.act({ kind: 'confirm', promotion })).answer)).toBe('confirm-own-glass');
    expect((await bo.act({ kind: 'confirm', promotion })).answer).toMatchObject({ kind: 'done' });
    await mesh.settle();
    expect(await mesh.standing(promotion)).toBe('promoted');
    const rows = (await mesh.store.read.audit(1, 1_000)).filter(({ subject }) => {
      return subject.kind === 'promotion' && subject.promotion === promotion && subject.event.kind.startsWith('glass-');
    });
    expect(rows.map(({ actor }) => actor)).toEqual([
      { kind: 'person', person: 'ada', via: 'board' },
      { kind: 'person', person: 'bo', via: 'board' },
    ]);
  });

  test('what somebody else put into a target is adopted or not by the same words; a revision is proved for whoever asks', async () => {
    const mesh = given.mesh();
    const [bo, eve] = [await signedIn('bo'), await signedIn('eve')];
    await mesh.elsewhere(mesh.beta, 7);
    const adopt: Command = { kind: 'adopt', stage: mesh.beta, reason: 'the hotfix stays' };
    const { answer } = await bo.act(adopt);
    expect([answer.kind, ruleOf(answer)]).toEqual(['refused', 'nothing-adoptable']);
    expect(JSON.parse(JSON.stringify(await inSlack(adopt, 'bo')))).toEqual(answer);
    expect(ruleOf((await eve.act(adopt)).answer)).toBe('access-role');

    const begun = (await eve.act({ kind: 'verify', revision: 'main' })).answer;
    expect(begun).toMatchObject({ kind: 'shown', verification: expect.stringMatching(/^verify:\d+$/) as string });
    const said = (await eve.act({ kind: 'verify', revision: 'nonsense' })).answer;
    expect([said.kind, ruleOf(said)]).toEqual(['refused', 'unknown-revision']);
  });
}
