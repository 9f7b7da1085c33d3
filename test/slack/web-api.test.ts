import { WebClient } from '@slack/web-api';
import { expect, test } from 'vitest';
import { startWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

const CHANNEL = 'C0RELEASES';
/** A clock that stands until it is moved. */
function heldClock(startEpochMs = 1_800_000_000_000) {
  let now = startEpochMs;
  return { nowEpochMs: () => now, advance: (ms: number) => (now += ms) };
}
const call = async (workspace: Workspace, method: string, args: object = {}, token = workspace.botToken) => {
  const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
  const response = await fetch(workspace.apiUrl + method, { method: 'POST', headers, body: JSON.stringify(args) });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Record<string, never>,
  };
};
const post = (workspace: Workspace, text: string, more: object = {}) =>
  call(workspace, 'chat.postMessage', { channel: CHANNEL, text, ...more });

test.each<[string, string, WorkspaceOptions, object]>([
  ['no token', '', {}, { error: 'not_authed' }],
  ['a wrong token', 'xoxb-other', {}, { error: 'invalid_auth' }],
  ['the app token', 'xapp-1', { appToken: 'xapp-1' }, { error: 'not_allowed_token_type' }],
  [
    'too few scopes',
    'xoxb-1',
    { botToken: 'xoxb-1', scopes: ['users:read'] },
    { error: 'missing_scope', needed: 'chat:write', provided: 'users:read' },
  ],
])('%s is refused by name', async (_name, token, options, expected) => {
  await using workspace = await startWorkspace(options);
  expect((await call(workspace, 'chat.postMessage', { channel: CHANNEL, text: 'x' }, token)).body).toEqual({
    ok: false,
    ...expected,
  });
  expect(workspace.messages(CHANNEL)).toEqual([]);
});

test.each<[string, object, string]>([
  ['chat.postMessage', { text: 'x' }, 'invalid_arguments'],
  ['chat.postMessage', { channel: 'C0NOWHERE', text: 'x' }, 'channel_not_found'],
  ['chat.postMessage', { channel: CHANNEL }, 'no_text'],
  ['chat.postMessage', { channel: CHANNEL, blocks: '{' }, 'invalid_blocks_format'],
  ['chat.postMessage', { channel: CHANNEL, blocks: [{ type: 'x' }] }, 'invalid_blocks'],
  ['chat.postMessage', { channel: CHANNEL, text: 'x', thread_ts: '1.2' }, 'thread_not_found'],
  ['chat.postMessage', { channel: CHANNEL, text: 'x', metadata: { event_type: 'a' } }, 'invalid_metadata_schema'],
  ['chat.update', { channel: CHANNEL, ts: '1.2', text: 'x' }, 'message_not_found'],
  ['chat.postEphemeral', { channel: CHANNEL, user: 'U0NOBODY', text: 'x' }, 'user_not_in_channel'],
  ['users.info', { user: 'U0NOBODY' }, 'user_not_found'],
  ['users.lookupByEmail', { email: 'lee@example.com' }, 'users_not_found'],
  ['usergroups.users.list', { usergroup: 'S0NONE' }, 'no_such_subteam'],
  [
    'views.open',
    { trigger_id: 'x', view: { type: 'modal', title: { type: 'plain_text', text: 'T' }, blocks: [] } },
    'invalid_trigger_id',
  ],
  ['chat.unheardOf', {}, 'unknown_method'],
])('%s with %j: %s', async (method, args, error) => {
  await using workspace = await startWorkspace();
  expect((await call(workspace, method, args)).body).toMatchObject({ ok: false, error });
});

test('the real client, form-encoded: a post with metadata is found again, replies stay in their thread, an edit keeps what was', async () => {
  await using workspace = await startWorkspace();
  const client = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl });
  const metadata = { event_type: 'promotion', event_payload: { id: 'p1' } };
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'live' } }] as const;
  const root = await client.chat.postMessage({ channel: CHANNEL, text: 'live', blocks: [...blocks], metadata });
  const ts = root.ts ?? '';
  const reply = await client.chat.postMessage({ channel: CHANNEL, text: 'the plan', thread_ts: ts });
  // A reply to a reply belongs to the root.
  const second = await client.chat.postMessage({ channel: CHANNEL, text: 'the proof', thread_ts: reply.ts ?? '' });
  expect(workspace.thread(CHANNEL, ts).map(({ text }) => text)).toEqual(['the plan', 'the proof']);
  expect([ts, reply.ts, second.ts]).toEqual([ts, reply.ts, second.ts].toSorted());

  await client.chat.update({ channel: CHANNEL, ts, text: 'live, edited' });
  expect(workspace.messages(CHANNEL)[0]).toMatchObject({ text: 'live, edited', metadata, history: [{ text: 'live' }] });
  const { messages } = await client.conversations.history({ channel: CHANNEL, include_all_metadata: true });
  expect(messages).toEqual([expect.objectContaining({ ts, metadata, reply_count: 2 })]);
  const bare = await client.conversations.history({ channel: CHANNEL });
  expect(bare.messages?.[0]).not.toHaveProperty('metadata');
  expect((await client.conversations.replies({ channel: CHANNEL, ts })).messages).toHaveLength(3);
  expect((await client.conversations.replies({ channel: CHANNEL, ts, limit: 2 })).has_more).toBe(true);
});

test('timestamps are unique and increase while the clock stands, and when it goes back', async () => {
  const clock = heldClock();
  await using workspace = await startWorkspace({ clock, rateSpeed: 0 });
  const seen: string[] = [];
  for (const step of [0, 0, -5_000, 0]) {
    clock.advance(step);
    seen.push(String((await post(workspace, 'x')).body.ts));
  }
  expect(seen).toEqual([...new Set(seen)].toSorted());
});

test('about one message a second in a channel, after a short burst; other channels and edits have their own rates', async () => {
  const clock = heldClock();
  await using workspace = await startWorkspace({ clock });
  for (let sent = 0; sent < 4; sent += 1) expect((await post(workspace, 'x')).status).toBe(200);
  expect(await post(workspace, 'too many')).toEqual({
    status: 429,
    retryAfter: '1',
    body: { ok: false, error: 'ratelimited' },
  });
  expect((await post(workspace, 'elsewhere', { channel: 'C0GENERAL' })).status).toBe(200);
  clock.advance(1_000);
  expect((await post(workspace, 'x')).status).toBe(200);
  expect((await post(workspace, 'x')).status).toBe(429);
  expect(workspace.messages(CHANNEL)).toHaveLength(5);
  const [{ ts } = { ts: '' }] = workspace.messages(CHANNEL);
  for (let edits = 0; edits < 20; edits += 1) await call(workspace, 'chat.update', { channel: CHANNEL, ts, text: 'e' });
  expect((await call(workspace, 'chat.update', { channel: CHANNEL, ts, text: 'e' })).retryAfter).toBe('2');
});

test('a message without a text to fall back on passes with a warning', async () => {
  await using workspace = await startWorkspace();
  await post(workspace, '', { blocks: [{ type: 'divider' }] });
  await post(workspace, 'with text', { blocks: [{ type: 'divider' }] });
  expect(workspace.warnings.map(({ code }) => code)).toEqual(['missing_text_in_message']);
});

test('who is pinged: members of a group once, nobody for escaped text or code, nobody by an edit, names only if asked', async () => {
  await using workspace = await startWorkspace({ rateSpeed: 0 });
  const pinged = () => workspace.notifications.filter(({ pings }) => pings).map(({ userId }) => userId);
  await post(workspace, '<!subteam^S0RELEASE> and <@U0ADA>');
  expect(pinged()).toEqual(['U0ADA', 'U0GRACE', 'U0LIN']);
  await post(workspace, '&lt;!channel&gt; `<!channel>` @here');
  const { body } = await post(workspace, 'quiet');
  expect(pinged()).toHaveLength(3);
  await call(workspace, 'chat.update', { channel: CHANNEL, ts: body.ts, text: '<@U0OMAR>' });
  expect(workspace.notifications.at(-1)).toMatchObject({ userId: 'U0OMAR', pings: false });
  await post(workspace, 'x', { blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '<!channel>' } }] });
  expect(new Set(pinged()).size).toBe(7);
});

test('uploads take three steps, and a file that was never sent is not there', async () => {
  await using workspace = await startWorkspace();
  const client = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl });
  await client.filesUploadV2({ channel_id: CHANNEL, filename: 'plan.diff', content: '+ a\n- b', title: 'The plan' });
  expect(workspace.messages(CHANNEL).map(({ text }) => text)).toEqual(['(file: The plan)']);
  const unsent = await call(workspace, 'files.getUploadURLExternal', { filename: 'x', length: 3 });
  expect(
    (await call(workspace, 'files.completeUploadExternal', { files: [{ id: unsent.body.file_id }] })).body,
  ).toMatchObject({ error: 'file_not_found' });
});

test('the address of a person needs its own scope', async () => {
  await using workspace = await startWorkspace({ scopes: ['users:read'] });
  const { body } = await call(workspace, 'users.info', { user: 'U0GUEST' });
  expect(body.user).toMatchObject({ id: 'U0GUEST', is_restricted: true, is_ultra_restricted: false });
  expect(body.user).not.toHaveProperty('profile.email');
});
