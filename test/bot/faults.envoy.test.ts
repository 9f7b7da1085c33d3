import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityOf } from '../../bot/inbox/inbox-item.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import { isObject, type Message } from '../slack/model.ts';
import { mentionsIn, mrkdwnTextsIn, parseMrkdwn } from '../slack/mrkdwn.ts';
import { planned, requested, verified, WAYS } from './facts.ts';
import { answer, CHANNEL, type Rig, type SharedStore, sharedStore, startRig } from './rig.ts';

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const keysOf = (messages: readonly Message[]): string[] =>
  messages.map(({ metadata }) => (isObject(metadata?.event_payload) ? String(metadata.event_payload.key) : ''));
const allOnce = (rig: Rig, root: Message): void => {
  const keys = keysOf(rig.notes(root));
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
};
const ended = async (rig: Rig): Promise<Message> => {
  const root = await rig.showing('*promoted*');
  await rig.workspace.eventually('the outcome', () => rig.notes(root).find(({ broadcast }) => broadcast), 30_000);
  return root;
};

test.each([
  ['rate limits', { kind: 'rate-limited', retryAfterSeconds: 1 }],
  ['server errors', { kind: 'server-error', status: 503 }],
  ['lost answers', { kind: 'answer-lost' }],
  ['silence', { kind: 'no-answer' }],
  ['cut connections', { kind: 'cut' }],
] as const)('one root and each note once under %s, with three replicas', async (_, fault) => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  rig.workspace.faults.nextCalls('chat.postMessage', 3, fault);
  rig.workspace.faults.nextCalls('chat.update', 2, fault);
  await Promise.all([rig.bot(), rig.bot(), rig.bot()]);
  await rig.happen(WAYS.gating);
  await rig.showing('at its gates');
  rig.workspace.faults.nextCalls('chat.postMessage', 2, fault);
  rig.workspace.faults.nextCalls('chat.update', 1, fault);
  await rig.happen(WAYS.promoted.slice(WAYS.gating.length));
  const root = await ended(rig);
  expect(rig.roots()).toHaveLength(1);
  allOnce(rig, root);
  expect(rig.workspace.faults.struck.length).toBeGreaterThanOrEqual(4);
});

test('an outage of Slack loses nothing: what happened meanwhile is told when it is back', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.bot();
  await rig.happen(WAYS.verifying);
  await rig.root();
  rig.workspace.faults.beginOutage();
  await rig.happen(WAYS.promoted.slice(WAYS.verifying.length));
  await rig.logs('HTTP 503');
  rig.workspace.faults.endOutage();
  const root = await ended(rig);
  expect(rig.roots()).toHaveLength(1);
  allOnce(rig, root);
  await rig.workspace.eventually('sockets again', () => rig.workspace.sockets.connections >= 2 || undefined, 30_000);
  expect((await rig.workspace.as('U0ADA').command('/mesh', 'status', CHANNEL)).kind).toBe('delivered');
});

test('duplicates, reordering and lost acknowledgements do a command once', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await Promise.all([rig.bot(), rig.bot(), rig.bot()]);
  const people = ['U0ADA', 'U0GRACE', 'U0LIN', 'U0OMAR'];
  rig.workspace.faults.atRandom({
    seed: 7,
    percent: 60,
    deliveries: [{ kind: 'duplicate' }, { kind: 'delay', delayMs: 40 }],
  });
  rig.workspace.sockets.dropAfterSending(2);
  await Promise.all(
    people.flatMap((user) =>
      [1, 2, 3, 4, 5].map((n) => rig.workspace.as(user).command('/mesh', `promote canary ${n}`, CHANNEL)),
    ),
  );
  await rig.workspace
    .eventually('20 commands done', () => rig.pipeline.executed.length >= 20 || undefined, 30_000)
    .catch(() => {});
  await rig.emptyInbox();
  const requests = rig.pipeline.executed.map(({ caller }) => caller.request);
  expect(new Set(requests).size).toBe(requests.length);
  expect(requests).toHaveLength(20);
  expect(new Set(rig.pipeline.executed.map(({ caller }) => caller.identity))).toEqual(
    new Set(people.map((user) => identityOf({ team: 'T0MESHGATE', user }))),
  );
});

test('HTTP mode: signed requests are taken; forged, replayed, expired, tampered and unsigned ones are refused', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  const bot = await rig.bot({
    transport: { kind: 'http', signingSecret: rig.workspace.signingSecret, host: '127.0.0.1', port: 0 },
  });
  const other = await rig.bot({
    transport: { kind: 'http', signingSecret: rig.workspace.signingSecret, host: '127.0.0.1', port: 0 },
  });
  const slack = rig.workspace.useRequestUrl(bot.url ?? '');
  expect(await slack.verifyUrl('a challenge')).toBe(true);
  expect((await rig.workspace.as('U0ADA').command('/mesh', 'promote canary', CHANNEL)).kind).toBe('delivered');
  await rig.emptyInbox();
  for (const how of ['forged', 'replayed', 'expired', 'tampered', 'unsigned'] as const)
    expect({ how, status: (await slack.attack(how)).status }).toEqual({ how, status: 401 });
  // Another replica remembers as well.
  const last = slack.requests.at(-1);
  const replayed = await fetch(other.url ?? '', {
    method: 'POST',
    body: last?.body ?? '',
    headers: { ...last?.headers },
  });
  expect(replayed.status).toBe(401);
  await rig.emptyInbox();
  expect(rig.pipeline.executed).toHaveLength(1);
  await rig.happen(WAYS.gating);
  const root = await rig.showing('mesh_approve');
  await rig.workspace.as('U0LIN').click(root, 'mesh_approve');
  await rig.emptyInbox();
  expect(rig.pipeline.executed).toHaveLength(2);
  // Nobody can tell whether it is new: it is refused.
  await rig.store.sql('ALTER TABLE meshgate.bot_signature RENAME TO bot_signature_away', []);
  expect(await rig.workspace.as('U0ADA').command('/mesh', 'promote canary', CHANNEL)).toMatchObject({ kind: 'failed' });
  await rig.store.sql('ALTER TABLE meshgate.bot_signature_away RENAME TO bot_signature', []);
  expect(rig.pipeline.executed).toHaveLength(2);
});

test('kill -9 of the bot’s process, again and again: one root, each note once', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  const children = new Set<ChildProcess>();
  const start = (): ChildProcess => {
    const child = fork(resolve(import.meta.dirname, 'bot-process.ts'), [], {
      execArgv: [],
      env: {
        PATH: process.env.PATH,
        BOT_DATA: rig.dir,
        BOT_TOKEN: rig.workspace.botToken,
        BOT_APP_TOKEN: rig.workspace.appToken,
        BOT_API: rig.workspace.apiUrl,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.add(child);
    return child;
  };
  try {
    const steps: readonly (readonly PromotionEvent[])[] = [
      WAYS.planning,
      WAYS.verifying.slice(1),
      WAYS.gating.slice(2),
      WAYS.pushing.slice(3),
      WAYS.observing.slice(4),
      WAYS.promoted.slice(5),
    ];
    for (const [index, events] of steps.entries()) {
      const before = rig.workspace.calls.length;
      const child = start();
      await rig.happen(events);
      // Killed in the middle of what it says: the next call of it that Slack sees is its last, whether it is answered or not.
      if (index % 2 === 0) rig.workspace.faults.nextCalls('chat.postMessage', 1, { kind: 'answer-lost' });
      await rig.workspace
        .eventually(
          'something said',
          () =>
            rig.workspace.calls.slice(before).some(({ method }) => method.startsWith('chat.')) ||
            rig.workspace.faults.struck.length > index ||
            undefined,
          60_000,
        )
        .catch(() => {});
      child.kill('SIGKILL');
      await new Promise((gone) => child.once('exit', gone));
      children.delete(child);
    }
    start();
    const root = await rig.workspace.eventually(
      'the end',
      () => rig.roots().find((each) => JSON.stringify(each.blocks).includes('*promoted*')),
      60_000,
    );
    await rig.workspace.eventually('the outcome', () => rig.notes(root).find(({ broadcast }) => broadcast), 60_000);
    expect(rig.roots()).toHaveLength(1);
    allOnce(rig, root);
    expect(keysOf(rig.notes(root)).at(-1)).toBe(`outcome:${rig.id satisfies PromotionId}`);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}, 240_000);

test('a long diff is a file beside its note, once, also when the note has to be posted again', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  const diff = await rig.store.transact((tx) => tx.keep('diff', `+ route ${'x'.repeat(60)}\n`.repeat(100)));
  await rig.happen(WAYS.planning);
  const root = await rig.root();
  await rig.workspace.eventually('the request', () => rig.notes(root)[0]);
  rig.workspace.faults.nextCalls('chat.postMessage', 2, { kind: 'server-error', status: 503 });
  const [, planned] = WAYS.verifying;
  if (planned?.kind !== 'planned') throw new Error('it is not planned there');
  await rig.happen([{ ...planned, plan: { ...planned.plan, diff } }]);
  const fileIn = ({ text }: Message): boolean => text.includes(`(file: plan-${rig.id}.diff)`);
  await rig.workspace.eventually(
    'the note',
    () => rig.notes(root).find(({ text }) => text.includes('.diff') && !text.includes('(file:')),
    30_000,
  );
  expect(rig.notes(root).filter(fileIn)).toHaveLength(1);
  expect(rig.workspace.faults.struck.length).toBeGreaterThanOrEqual(2);
});

test('hostile words go in through Slack and come out as words: nobody is pinged, nothing is refused, limits hold', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  const hostile = `a\0b <!channel> <@U0ADA> <!subteam^S0RELEASE> <https://evil.example|click> https://evil.example | \`c\` \`\`\`d *e* :rotating_light: \u202e ${'&<'.repeat(5_000)}`;
  const stored: string[] = [];
  rig.pipeline.onExecute = async (command) => {
    const reason = 'reason' in command ? command.reason : '';
    stored.push(reason);
    // As the pipeline does: what somebody said is in the answer, and in the record of the promotion.
    await rig.happen([requested(reason), planned({ summary: reason, blastRadius: reason }), verified()]);
    return { ...answer('done', reason), blocks: [{ kind: 'lines', lines: [reason] }] };
  };
  await rig.workspace.as('U0GRACE').command('/mesh', `promote canary ${hostile}`, CHANNEL);
  const told = await rig.workspace.eventually(
    'the answer',
    () =>
      rig.workspace
        .as('U0GRACE')
        .sees(CHANNEL)
        .find(({ visibleTo }) => visibleTo === 'U0GRACE'),
    15_000,
  );
  // As typed, but for what PostgreSQL does not store.
  expect(stored).toEqual([hostile.replace('\0', '\ufffd')]);
  const root = await rig.showing('mesh_approve');
  const shown = [told, root, ...rig.notes(root)];
  for (const message of shown) {
    const marked = [message.text, ...mrkdwnTextsIn(message.blocks)];
    expect(mentionsIn(marked.flatMap(parseMrkdwn))).toEqual([]);
    expect(marked.join('\n')).not.toMatch(/<(https:\/\/evil|!channel|@U0ADA|!subteam\^S0RELEASE[^|]*\|)/);
    expect(JSON.stringify(message.blocks)).not.toMatch(/\\u0000|\\u202e/);
  }
  expect(JSON.stringify(root.blocks)).toContain('&lt;!channel&gt;');
  // The button still decides: what it says of the blast radius was cut, not refused.
  rig.pipeline.onExecute = async ({ kind }) => answer('done', `${kind}: done`);
  await rig.workspace.as('U0GRACE').click(root, 'mesh_reject');
  await rig.workspace.eventually(
    'a form',
    () => [...rig.workspace.state.views.values()].find(({ kind }) => kind === 'modal'),
    15_000,
  );
  expect(rig.workspace.notifications.filter(({ because }) => !because.includes('S0RELEASE'))).toEqual([]);
  expect(rig.workspace.calls.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(rig.workspace.warnings).toEqual([]);
});
