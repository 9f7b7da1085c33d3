import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { socketModeApp } from './echo-app.ts';
import { startWorkspace, type Workspace } from './workspace.ts';

const CHANNEL = 'C0RELEASES';

test('a real Bolt app over Socket Mode takes a command, posts, and edits when its button is pressed', async () => {
  await using workspace = await startWorkspace();
  const app = socketModeApp(workspace);
  app.command('/mesh', async ({ ack, command, client }) => {
    await ack(`taken: ${command.text}`);
    const text = `promoting ${command.text}`;
    const button = {
      type: 'button',
      action_id: 'approve',
      value: 'p1',
      text: { type: 'plain_text', text: 'Approve' },
    } as const;
    await client.chat.postMessage({
      channel: command.channel_id,
      text,
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text } },
        { type: 'actions', elements: [button] },
      ],
    });
  });
  app.action('approve', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || !body.channel || !body.message) return;
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: `approved by <@${body.user.id}>` });
  });
  await app.start();
  try {
    const outcome = await workspace.as('U0ADA').command('/mesh', 'canary', CHANNEL);
    expect(outcome).toMatchObject({ kind: 'delivered', response: { text: 'taken: canary', visibleTo: 'U0ADA' } });
    const message = await workspace.eventually('the post', () =>
      workspace.messages(CHANNEL).find(({ text }) => text === 'promoting canary'),
    );
    expect(workspace.as('U0GRACE').sees(CHANNEL)).toEqual([message]);

    expect(await workspace.as('U0GRACE').click(message, 'approve')).toEqual({ kind: 'delivered', response: undefined });
    const edited = await workspace.eventually('the edit', () =>
      workspace.messages(CHANNEL).find(({ editedTs }) => editedTs !== undefined),
    );
    expect(edited).toMatchObject({ ts: message.ts, text: 'approved by <@U0GRACE>', blocks: [] });
    expect(edited.history.map(({ text }) => text)).toEqual(['promoting canary']);
    expect(workspace.calls.map(({ method, error }) => [method, error])).toEqual(
      expect.arrayContaining([
        ['auth.test', undefined],
        ['apps.connections.open', undefined],
        ['chat.postMessage', undefined],
        ['chat.update', undefined],
      ]),
    );
  } finally {
    await app.stop();
  }
});

/** A client that takes everything and acknowledges only what `answers` says. */
async function connect(workspace: Workspace, answers: (envelope: Envelope) => object | undefined) {
  const headers = { authorization: `Bearer ${workspace.appToken}` };
  const opened = await fetch(`${workspace.apiUrl}apps.connections.open`, { method: 'POST', headers });
  const { url } = (await opened.json()) as { url: string };
  const socket = new WebSocket(url);
  const received: Envelope[] = [];
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const envelope = JSON.parse(String(data)) as Envelope;
      received.push(envelope);
      if (envelope.type === 'hello') resolve();
      const payload = envelope.envelope_id === undefined ? undefined : answers(envelope);
      if (payload) socket.send(JSON.stringify({ envelope_id: envelope.envelope_id, payload }));
    });
    socket.on('close', () => reject(new Error('closed before hello')));
  });
  return { url, received, closed, envelopes: () => received.filter(({ envelope_id }) => envelope_id !== undefined) };
}
type Envelope = {
  readonly type: string;
  readonly envelope_id?: string;
  readonly reason?: string;
  readonly num_connections?: number;
  readonly retry_attempt?: number;
  readonly retry_reason?: string;
};
const always = () => ({});
const never = () => undefined;

test('each envelope goes to one of several connections, in turn; hello tells how many there are', async () => {
  await using workspace = await startWorkspace();
  const first = await connect(workspace, always);
  const second = await connect(workspace, always);
  expect([first.received[0]?.num_connections, second.received[0]?.num_connections]).toEqual([1, 2]);
  for (const text of ['a', 'b', 'c', 'd']) await workspace.as('U0ADA').command('/mesh', text, CHANNEL);
  expect([first.envelopes().length, second.envelopes().length]).toEqual([2, 2]);
});

test('a ticket opens one connection, an eleventh connection is turned away', async () => {
  await using workspace = await startWorkspace();
  const first = await connect(workspace, always);
  const again = new WebSocket(first.url);
  const refused = await new Promise<string>((resolve) => again.on('error', (error) => resolve(error.message)));
  expect(refused).toContain('401');
  for (let more = 0; more < 9; more += 1) await connect(workspace, always);
  await expect(connect(workspace, always)).rejects.toThrow('closed before hello');
  expect(workspace.sockets.connections).toBe(10);
});

test('a command that nobody acknowledges in time is not sent again; an event is, with its number and reason', async () => {
  await using workspace = await startWorkspace({ times: { ackMs: 60, redeliverAfterMs: [0, 5, 5] } });
  const ada = workspace.as('U0ADA');
  expect(await ada.command('/mesh', 'x', CHANNEL)).toEqual({ kind: 'failed', error: 'dispatch_failed' });
  const client = await connect(workspace, never);
  expect(await ada.command('/mesh', 'x', CHANNEL)).toEqual({ kind: 'failed', error: 'operation_timeout' });
  await workspace.eventually('the command', () => client.envelopes().length === 1 || undefined);
  expect(await ada.openHome()).toEqual({ kind: 'failed', error: 'operation_timeout' });
  await workspace.eventually(
    'the command and four tries of the event',
    () => client.envelopes().length === 5 || undefined,
  );
  const events = client.envelopes().slice(1);
  expect(new Set(events.map(({ envelope_id }) => envelope_id)).size).toBe(1);
  expect(events.map(({ retry_attempt, retry_reason }) => [retry_attempt, retry_reason])).toEqual([
    [0, ''],
    [1, 'timeout'],
    [2, 'timeout'],
    [3, 'timeout'],
  ]);
});

test('when a connection is cut before the acknowledgement, the envelope goes to another', async () => {
  await using workspace = await startWorkspace();
  const first = await connect(workspace, never);
  const second = await connect(workspace, always);
  workspace.sockets.dropAfterSending(1);
  const outcome = await workspace.as('U0ADA').command('/mesh', 'x', CHANNEL);
  expect(outcome.kind).toBe('delivered');
  await first.closed;
  expect(second.envelopes()).toMatchObject([{ retry_attempt: 1, retry_reason: 'socket_closed' }]);
  expect(workspace.sockets.connections).toBe(1);
});

test('a lost acknowledgement is a timeout for the person although the app has acted', async () => {
  await using workspace = await startWorkspace({ times: { ackMs: 60 } });
  const client = await connect(workspace, always);
  workspace.sockets.loseAcks(1);
  const outcome = await workspace.as('U0ADA').command('/mesh', 'x', CHANNEL);
  expect(outcome).toEqual({ kind: 'failed', error: 'operation_timeout' });
  await workspace.eventually('the app has it', () => client.envelopes().length === 1 || undefined);
});

test('a real Bolt app comes back after Slack asks it to, and after a cut', async () => {
  await using workspace = await startWorkspace();
  const app = socketModeApp(workspace);
  app.command('/mesh', async ({ ack }) => ack());
  await app.start();
  const opened = () => workspace.calls.filter(({ method }) => method === 'apps.connections.open').length;
  try {
    for (const [index, end] of [
      () => workspace.sockets.disconnect('refresh_requested'),
      () => workspace.sockets.drop(),
    ].entries()) {
      await workspace.eventually('a connection', () => workspace.sockets.connections === 1 || undefined);
      end();
      await workspace.eventually(
        'a new ticket',
        () => (opened() === index + 2 && workspace.sockets.connections === 1) || undefined,
      );
      expect((await workspace.as('U0ADA').command('/mesh', 'x', CHANNEL)).kind).toBe('delivered');
    }
  } finally {
    await app.stop();
  }
});
