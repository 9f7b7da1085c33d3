import { expect, test } from 'vitest';
import { type BoltApp, socketModeApp } from './echo-app.ts';
import type { Message } from './model.ts';
import { startWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

const CHANNEL = 'C0RELEASES';
const words = (text: string) => ({ type: 'plain_text', text }) as const;

async function startWithApp(
  add: (app: BoltApp) => void,
  options: WorkspaceOptions = {},
): Promise<AsyncDisposable & { workspace: Workspace }> {
  const workspace = await startWorkspace({ rateSpeed: 0, ...options });
  const app = socketModeApp(workspace);
  add(app);
  await app.start();
  const stop = async (): Promise<void> => {
    await app.stop();
    await workspace.stop();
  };
  return { workspace, [Symbol.asyncDispose]: stop };
}

const reasonModal = {
  type: 'modal',
  callback_id: 'reason',
  private_metadata: 'p1',
  notify_on_close: true,
  title: words('Why?'),
  submit: words('Send'),
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: words('Reason'),
      element: { type: 'plain_text_input', action_id: 'text', min_length: 3 },
    },
    {
      type: 'input',
      block_id: 'gate',
      optional: true,
      label: words('Gate'),
      element: { type: 'static_select', action_id: 'which', options: [{ text: words('Soak'), value: 'soak' }] },
    },
  ],
} as const;

test('a modal: the client checks first, the app may complain, change it, or close it; closing it is told if wanted', async () => {
  const got: unknown[] = [];
  await using running = await startWithApp((app) => {
    app.command('/mesh', async ({ ack, client, command }) => {
      await ack();
      await client.views.open({
        trigger_id: command.trigger_id,
        view: { ...reasonModal, blocks: [...reasonModal.blocks] },
      });
    });
    app.view('reason', async ({ ack, view }) => {
      const { why, gate } = view.state.values;
      got.push([view.private_metadata, why?.text?.value, gate?.which?.selected_option?.value]);
      if (why?.text?.value === 'bad') return ack({ response_action: 'errors', errors: { why: 'Say more' } });
      if (why?.text?.value === 'next')
        return ack({
          response_action: 'update',
          view: { type: 'modal', title: words('Second'), blocks: [{ type: 'divider' }] },
        });
      return ack();
    });
    app.view({ callback_id: 'reason', type: 'view_closed' }, async ({ ack, view }) => {
      await ack();
      got.push(`closed ${view.id}`);
    });
  });
  const { workspace } = running;
  const ada = workspace.as('U0ADA');
  const open = async () => {
    await ada.command('/mesh', 'reject', CHANNEL);
    return workspace.eventually('the modal', () => ada.modals.at(-1));
  };
  const view = await open();
  expect(workspace.as('U0GRACE').modals).toEqual([]);
  await expect(workspace.as('U0GRACE').submit(view, { text: 'mine' })).rejects.toThrow('grace does not see view');
  expect(await ada.submit(view)).toMatchObject({
    kind: 'refused',
    by: 'client',
    errors: { why: 'Please complete this required field.' },
  });
  expect(await ada.submit(view, { text: 'no' })).toMatchObject({
    by: 'client',
    errors: { why: 'Please enter at least 3 characters.' },
  });
  expect(got).toEqual([]);

  expect(await ada.submit(view, { text: 'bad' })).toEqual({ kind: 'refused', by: 'app', errors: { why: 'Say more' } });
  expect(ada.modals[0]?.errors).toEqual({ why: 'Say more' });
  expect(await ada.submit(view, { text: 'next', which: 'soak' })).toMatchObject({ kind: 'delivered' });
  expect(ada.modals[0]?.definition.title).toEqual(words('Second'));
  expect(got).toEqual([
    ['p1', 'bad', undefined],
    ['p1', 'next', 'soak'],
  ]);
  await ada.close(view);
  const second = await open();
  await ada.close(second);
  expect(ada.modals).toEqual([]);
  await workspace.eventually('the app hears of it', () => got.at(-1) === `closed ${second.id}` || undefined);
});

test('a trigger opens one modal, within three seconds', async () => {
  let now = 1_800_000_000_000;
  const answers: (string | undefined)[] = [];
  const triggers: string[] = [];
  await using workspace = await startWorkspace({ clock: { nowEpochMs: () => now }, rateSpeed: 0 });
  const http = workspace.useRequestUrl('http://127.0.0.1:1/none');
  const newTrigger = async (): Promise<string> => {
    await workspace.as('U0ADA').command('/mesh', 'x', CHANNEL);
    return new URLSearchParams(http.requests.at(-1)?.body).get('trigger_id') ?? '';
  };
  const open = async (trigger_id: string): Promise<void> => {
    const headers = { authorization: `Bearer ${workspace.botToken}`, 'content-type': 'application/json' };
    const view = { type: 'modal', title: words('T'), blocks: [] };
    const response = await fetch(`${workspace.apiUrl}views.open`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ trigger_id, view }),
    });
    answers.push(((await response.json()) as { error?: string }).error);
  };
  triggers.push(await newTrigger(), await newTrigger());
  await open(triggers[0] ?? '');
  await open(triggers[0] ?? '');
  now += 3_001;
  await open(triggers[1] ?? '');
  expect(answers).toEqual([undefined, 'exchanged_trigger_id', 'expired_trigger_id']);
});

const postWithButton = async (workspace: Workspace, visibleTo?: string): Promise<Message> => {
  const dialog = { title: words('Approve?'), text: words('digest 0a1b'), confirm: words('Approve'), deny: words('No') };
  const element = { type: 'button', action_id: 'approve', value: 'p1', text: words('Approve'), confirm: dialog };
  const blocks = [{ type: 'actions', block_id: 'b1', elements: [element] }];
  const { botUserId: user, botId } = workspace.app;
  return workspace.state.post({ channel: CHANNEL, user, botId, text: 'x', blocks, visibleTo });
};

test('a confirm dialog is read before anything is sent, and a button that is gone cannot be pressed', async () => {
  const got: unknown[] = [];
  await using running = await startWithApp((app) => {
    app.action('approve', async ({ ack, body, respond }) => {
      await ack();
      if (body.type !== 'block_actions') return;
      got.push([body.user.id, body.user.team_id, body.actions[0], body.container.is_ephemeral]);
      await respond({ text: 'done', replace_original: true });
    });
  });
  const { workspace } = running;
  const message = await postWithButton(workspace);
  const read: string[] = [];
  const dismissed = await workspace.as('U0ADA').click(message, 'approve', {
    confirm: ({ title, text }) => {
      read.push(title, text);
      return false;
    },
  });
  expect(dismissed.kind).toBe('dismissed');
  expect(read).toEqual(['Approve?', 'digest 0a1b']);
  expect(workspace.sockets.envelopes).toEqual([]);

  await workspace.as('U0STRANGER').click(message, 'approve');
  expect(got).toMatchObject([
    ['U0STRANGER', 'T0ELSEWHERE', { action_id: 'approve', block_id: 'b1', value: 'p1' }, false],
  ]);
  const replaced = await workspace.eventually('the replacement', () =>
    workspace.messages(CHANNEL).find(({ text }) => text === 'done'),
  );
  expect(replaced.ts).toBe(message.ts);
  await expect(workspace.as('U0ADA').click(message, 'approve')).rejects.toThrow('no element "approve"');
});

test('nobody presses what only somebody else sees, and who has left does nothing', async () => {
  await using workspace = await startWorkspace();
  const message = await postWithButton(workspace, 'U0ADA');
  await expect(workspace.as('U0GRACE').click(message, 'approve')).rejects.toThrow('grace does not see message');
  expect(workspace.as('U0GRACE').sees(CHANNEL)).toEqual([]);
  expect(() => workspace.as('U0LEFT')).toThrow('deactivated');
});

test('App Home is published for one person; a stale hash is refused', async () => {
  const hashes: string[] = [];
  await using running = await startWithApp((app) => {
    app.event('app_home_opened', async ({ event, client }) => {
      const view = { type: 'home', blocks: [{ type: 'header', text: words(`Home ${hashes.length}`) }] } as const;
      const answer = await client.views.publish({ user_id: event.user, view: { ...view, blocks: [...view.blocks] } });
      hashes.push(answer.view?.hash ?? '');
    });
  });
  const { workspace } = running;
  const ada = workspace.as('U0ADA');
  await ada.openHome();
  await ada.openHome();
  await workspace.eventually('two homes', () => (hashes.length === 2 && ada.home?.hash === hashes[1]) || undefined);
  expect(workspace.as('U0GRACE').home).toBeUndefined();
  const headers = { authorization: `Bearer ${workspace.botToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ user_id: 'U0ADA', hash: hashes[0], view: { type: 'home', blocks: [] } });
  const stale = await fetch(`${workspace.apiUrl}views.publish`, { method: 'POST', headers, body });
  expect(await stale.json()).toMatchObject({ ok: false, error: 'hash_conflict' });
});

test('a response may take away or replace the message that it answers, for everybody', async () => {
  await using running = await startWithApp((app) => {
    app.action('approve', async ({ ack, respond }) => {
      await ack();
      await respond({ delete_original: true });
    });
  });
  const { workspace } = running;
  const message = await postWithButton(workspace);
  await workspace.as('U0GRACE').click(message, 'approve');
  await workspace.eventually('its end', () => workspace.messages(CHANNEL).length === 0 || undefined);
});

test('what the app answers that Slack would not show is an error for the person and a warning for a test', async () => {
  await using running = await startWithApp((app) => {
    app.command('/mesh', async ({ ack }) =>
      ack({ text: 'x', blocks: [{ type: 'header', text: words('h'.repeat(151)) }] }),
    );
  });
  const { workspace } = running;
  const outcome = await workspace.as('U0ADA').command('/mesh', 'x', CHANNEL);
  expect(outcome).toEqual({ kind: 'failed', error: 'http_client_error' });
  expect(workspace.warnings).toMatchObject([
    { code: 'invalid_response', detail: expect.stringContaining('less than 151') },
  ]);
  expect(workspace.messages(CHANNEL)).toEqual([]);
});

test('two hundred people at once, over three connections: each is acknowledged, each envelope sent once', async () => {
  await using running = await startWithApp((app) => {
    app.command('/mesh', async ({ ack, command }) => ack(command.text));
  });
  const { workspace } = running;
  const others = [socketModeApp(workspace), socketModeApp(workspace)];
  for (const app of others) {
    app.command('/mesh', async ({ ack, command }) => ack(command.text));
    await app.start();
  }
  try {
    const ada = workspace.as('U0ADA');
    const texts = Array.from({ length: 200 }, (_, index) => `command ${index}`);
    const outcomes = await Promise.all(texts.map((text) => ada.command('/mesh', text, CHANNEL)));
    expect(outcomes.map((outcome) => outcome.kind === 'delivered' && outcome.response?.text)).toEqual(texts);
    expect(new Set(workspace.sockets.envelopes.map(({ envelopeId }) => envelopeId)).size).toBe(200);
    expect(new Set(workspace.sockets.envelopes.map(({ connection }) => connection)).size).toBe(3);
    expect(new Set(workspace.messages(CHANNEL).map(({ ts }) => ts)).size).toBe(200);
  } finally {
    for (const app of others) await app.stop();
  }
});
