import { expect, test } from 'vitest';
import { socketModeApp } from './echo-app.ts';
import { startWorkspace } from './workspace.ts';

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
