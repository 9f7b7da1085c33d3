import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityOf } from '../../bot/inbox/inbox-item.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import type { Message, View } from '../slack/model.ts';
import { broken, WAYS } from './facts.ts';
import { answer, CHANNEL, type Rig, type SharedStore, sharedStore, startRig } from './rig.ts';

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const ADA = identityOf({ team: 'T0MESHGATE', user: 'U0ADA' });
const seesEphemeral = (rig: Rig, user: string, words: string): Promise<Message> =>
  rig.workspace.eventually(
    `${user} sees ${words}`,
    () =>
      rig.workspace
        .as(user)
        .sees(CHANNEL)
        .find(
          (message) => message.visibleTo === user && JSON.stringify([message.text, message.blocks]).includes(words),
        ),
    15_000,
  );
const modalOf = (rig: Rig, user: string): Promise<View> =>
  rig.workspace.eventually(
    'a form',
    () => [...rig.workspace.state.views.values()].find((view) => view.kind === 'modal' && view.user === user),
    15_000,
  );
const hasExecuted = (rig: Rig, count: number): Promise<boolean> =>
  rig.workspace.eventually(`${count} executed`, () => rig.pipeline.executed.length >= count || undefined, 15_000);

test('a command is stored, acknowledged, done once under the canonical identity, and answered to its author alone', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  rig.workspace.faults.nextDeliveries(1, { kind: 'duplicate' });
  expect((await rig.workspace.as('U0ADA').command('/mesh', 'promote canary', CHANNEL)).kind).toBe('delivered');
  await seesEphemeral(rig, 'U0ADA', 'promote: done');
  expect(rig.pipeline.executed).toEqual([
    {
      command: { kind: 'promote', stage: 'canary', revision: undefined, reason: '' },
      caller: { via: 'slack', identity: ADA, request: expect.stringMatching(/^command:/) },
    },
  ]);
  expect(rig.workspace.as('U0GRACE').sees(CHANNEL)).toEqual([]);
  await rig.emptyInbox();
});

test('over HTTP, everybody who came at once is acknowledged before any of it is done', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  const door = await rig.bot({
    transport: { kind: 'http', signingSecret: rig.workspace.signingSecret, host: '127.0.0.1', port: 0 },
    timing: { acksFirstMs: 60_000 },
  });
  rig.workspace.useRequestUrl(door.url ?? '');
  // Node lets one connection in with each turn of its loop: work like this, between them, keeps the last ones out.
  rig.pipeline.onAsk = async ({ kind }) => {
    const until = performance.now() + 20;
    while (performance.now() < until);
    return answer('shown', `${kind}: shown`);
  };
  const asked: number[] = [];
  await Promise.all(
    Array.from({ length: 60 }, async () => {
      expect((await rig.workspace.as('U0ADA').command('/mesh', 'status', CHANNEL)).kind).toBe('delivered');
      asked.push(rig.pipeline.asked.length);
    }),
  );
  expect(asked).toEqual(Array.from({ length: 60 }, () => 0));
  await rig.emptyInbox();
  expect(rig.pipeline.asked).toHaveLength(60);
});

test('unknown words get the nearest command; a question changes nothing', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.workspace.as('U0ADA').command('/mesh', 'statsu', CHANNEL);
  await seesEphemeral(rig, 'U0ADA', 'did you mean status?');
  await seesEphemeral(rig, 'U0ADA', 'not-understood');
  await rig.workspace.as('U0ADA').command('/mesh', 'status', CHANNEL);
  await seesEphemeral(rig, 'U0ADA', 'status: shown');
  expect(rig.pipeline.executed).toEqual([]);
});

test('a mention in a thread asks like a command does', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.planning);
  const root = await rig.root();
  await rig.workspace.as('U0ADA').say('<@U0MESHGATE> status', CHANNEL, root.ts).taken;
  await seesEphemeral(rig, 'U0ADA', 'status: shown');
  expect(rig.pipeline.asked.map(({ caller }) => caller.identity)).toEqual([ADA]);
});

test('a button approves what was seen; pressed twice by one hand, once', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.bot();
  await rig.happen(WAYS.gating);
  const root = await rig.showing('mesh_approve');
  const lin = rig.workspace.as('U0LIN');
  const dialogs: string[] = [];
  const confirm = (dialog: { text: string }): boolean => dialogs.push(dialog.text) > 0;
  await Promise.all([lin.click(root, 'mesh_approve', { confirm }), lin.click(root, 'mesh_approve', { confirm })]);
  await seesEphemeral(rig, 'U0LIN', 'approve: done');
  await lin.click(root, 'mesh_approve', { confirm });
  expect(rig.pipeline.executed).toHaveLength(1);
  expect(rig.pipeline.executed[0]?.command).toMatchObject({
    kind: 'approve',
    promotion: rig.id,
    binding: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(dialogs[0]).toContain('Lets d1d1d1d1d1d1 in stage canary. Blast radius: all traffic of payments');
});

test('a refusal is said to the one who asked, and the shared message is not touched', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.gating);
  const root = await rig.showing('mesh_approve');
  rig.pipeline.onExecute = async () => ({
    ...answer('refused', 'refused: gwen is a guest'),
    findings: [
      {
        rule: 'unknown-caller',
        severity: 'error',
        at: { file: 'mesh.yaml', line: 1, column: 1 },
        saw: 'a guest',
        want: 'somebody of release-managers',
      },
    ],
  });
  await rig.workspace.as('U0GUEST').click(root, 'mesh_approve');
  const said = await seesEphemeral(rig, 'U0GUEST', 'somebody of release-managers');
  expect(JSON.stringify(said.blocks)).toContain('unknown-caller');
  expect(rig.roots()).toHaveLength(1);
  expect(rig.roots()[0]?.blocks).toEqual(root.blocks);
  expect(rig.workspace.notifications.filter(({ userId }) => userId === 'U0GUEST')).toEqual([]);
});

test('a reason is asked in a form; it stands open while somebody else decides, and then decides nothing', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.gating);
  const root = await rig.showing('mesh_reject');
  const lin = rig.workspace.as('U0LIN');
  await lin.click(root, 'mesh_reject');
  const form = await modalOf(rig, 'U0LIN');
  expect(JSON.stringify(form.definition)).toContain('stage canary');
  await rig.happen(WAYS.cancelled.slice(-1));
  await rig.showing('*cancelled*');
  await lin.submit(form, { reason: 'too risky today' });
  const said = await seesEphemeral(rig, 'U0LIN', 'already decided: cancelled');
  expect(JSON.stringify(said.blocks)).toContain('already-decided');
  expect(rig.pipeline.executed).toEqual([]);
});

test('the reason of a form reaches the pipeline; stale buttons say who decided', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.gating);
  const root = await rig.showing('mesh_reject');
  const lin = rig.workspace.as('U0LIN');
  await lin.click(root, 'mesh_reject');
  await lin.submit(await modalOf(rig, 'U0LIN'), { reason: 'too risky today' });
  await hasExecuted(rig, 1);
  expect(rig.pipeline.executed[0]?.command).toEqual({ kind: 'reject', promotion: rig.id, reason: 'too risky today' });
});

test('breaking glass asks for the reason and for the stage, typed', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.planning);
  const ada = rig.workspace.as('U0ADA');
  await ada.command('/mesh', `break-glass ${rig.id}`, CHANNEL);
  const form = await modalOf(rig, 'U0ADA');
  const wrong = await ada.submit(form, { reason: 'payments are down', typed_stage: 'release' });
  expect(wrong).toMatchObject({
    kind: 'refused',
    by: 'app',
    errors: { typed_stage: "Type the stage's name exactly: canary" },
  });
  expect(rig.pipeline.executed).toEqual([]);
  await ada.submit(form, { reason: 'payments are down', typed_stage: 'canary' });
  await hasExecuted(rig, 1);
  expect(rig.pipeline.executed[0]?.command).toEqual({
    kind: 'break-glass',
    promotion: rig.id,
    gates: ['freeze'],
    reason: 'payments are down',
    typedStage: 'canary',
  });
});

test('the glass is broken from the message: gates are ticked, the stage is typed; a second person confirms with a button', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.gating);
  const ada = rig.workspace.as('U0ADA');
  const dialogs: string[] = [];
  await ada.click(await rig.showing('mesh_break-glass'), 'mesh_break-glass', {
    confirm: ({ text }) => dialogs.push(text) > 0,
  });
  expect(dialogs).toEqual([expect.stringContaining('in stage canary. Blast radius: all traffic of payments')]);
  const form = await modalOf(rig, 'U0ADA');
  const filled = { reason: 'payments are down', typed_stage: 'canary' };
  expect(await ada.submit(form, filled)).toMatchObject({ kind: 'refused', errors: { gates: expect.anything() } });
  await ada.submit(form, { ...filled, gates: ['approvals', 'owners'] });
  await hasExecuted(rig, 1);
  expect(rig.pipeline.executed[0]?.command).toEqual({
    kind: 'break-glass',
    promotion: rig.id,
    gates: ['approvals', 'owners'],
    reason: 'payments are down',
    typedStage: 'canary',
  });
  await rig.happen([{ ...broken, confirmByEpochMs: Date.now() + 3_600_000 } as PromotionEvent]);
  const root = await rig.showing('mesh_confirm');
  expect(JSON.stringify(root.blocks)).not.toContain('mesh_break-glass');
  await rig.workspace.as('U0GRACE').click(root, 'mesh_confirm');
  await hasExecuted(rig, 2);
  expect(rig.pipeline.executed[1]).toMatchObject({
    command: { kind: 'confirm', promotion: rig.id },
    caller: { identity: identityOf({ team: 'T0MESHGATE', user: 'U0GRACE' }) },
  });
});

test('what was begun by a process that died is done by another, and what was done is only said again', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  const dying = await rig.bot();
  let fail = true;
  rig.pipeline.onExecute = async ({ kind }) => {
    if (fail) throw new Error('the store is gone');
    return answer('done', `${kind}: done`);
  };
  await rig.workspace.as('U0ADA').command('/mesh', 'promote canary', CHANNEL);
  await hasExecuted(rig, 1);
  await dying[Symbol.asyncDispose]();
  fail = false;
  await rig.bot();
  await seesEphemeral(rig, 'U0ADA', 'promote: done');
  const requests = new Set(rig.pipeline.executed.map(({ caller }) => caller.request));
  expect(requests.size).toBe(1);
});

test('what cannot be stored is not acknowledged as done', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.store.sql('ALTER TABLE meshgate.bot_inbox RENAME TO bot_inbox_away', []);
  const outcome = await rig.workspace.as('U0ADA').command('/mesh', 'promote canary', CHANNEL);
  expect(outcome).toMatchObject({
    kind: 'delivered',
    response: {
      text: expect.stringContaining('nothing was done. Try again in a moment, or use ./mesh. (rule not-stored)'),
    },
  });
  await rig.happen(WAYS.planning);
  expect(await rig.workspace.as('U0ADA').click(await rig.showing('mesh_cancel'), 'mesh_cancel')).toEqual({
    kind: 'failed',
    error: expect.anything(),
  });
  expect(rig.pipeline.executed).toEqual([]);
  await rig.store.sql('ALTER TABLE meshgate.bot_inbox_away RENAME TO bot_inbox', []);
});

test('the home tab shows the stages and what is on the way', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot({
    people: async () => ({
      personOf: async () => ({ id: 'grace' as never, groups: ['release-managers'], emails: ['grace@example.com'] }),
    }),
  });
  await rig.happen(WAYS.gating);
  await rig.workspace.as('U0GRACE').openHome();
  const home = await rig.workspace.eventually(
    'a home tab',
    () => [...rig.workspace.state.views.values()].find(({ kind, user }) => kind === 'home' && user === 'U0GRACE'),
    15_000,
  );
  const text = JSON.stringify(home.definition);
  expect(text).toContain('1 of 1 approvals of release-managers is missing');
  expect(text).toContain('mesh_approve');
  expect(text).toContain('On the way');
});
