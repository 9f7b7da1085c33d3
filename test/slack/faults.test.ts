import { ErrorCode, LogLevel, WebClient } from '@slack/web-api';
import { expect, test } from 'vitest';
import { socketModeApp } from './echo-app.ts';
import { type CallFault, Faults } from './faults.ts';
import { startWorkspace, type Workspace } from './workspace.ts';

const CHANNEL = 'C0RELEASES';
const clientOf = (workspace: Workspace, more: object = {}): WebClient =>
  new WebClient(workspace.botToken, {
    slackApiUrl: workspace.apiUrl,
    logLevel: LogLevel.ERROR,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    ...more,
  });
const post = (client: WebClient, text = 'x') => client.chat.postMessage({ channel: CHANNEL, text });

test.each<[CallFault, object, string[]]>([
  [{ kind: 'rate-limited', retryAfterSeconds: 7 }, { code: ErrorCode.RateLimitedError, retryAfter: 7 }, ['again']],
  [{ kind: 'server-error', status: 503 }, { code: ErrorCode.HTTPError, statusCode: 503 }, ['again']],
  [
    { kind: 'slack-error', error: 'internal_error' },
    { code: ErrorCode.PlatformError, data: { error: 'internal_error' } },
    ['again'],
  ],
  [{ kind: 'cut' }, { code: ErrorCode.RequestError }, ['again']],
  // The one that makes duplicates: the caller sees a failure, the channel a message.
  [{ kind: 'answer-lost' }, { code: ErrorCode.RequestError }, ['struck', 'again']],
])('%j strikes the next call of that method, and only that', async (fault, error, posted) => {
  await using workspace = await startWorkspace();
  const client = clientOf(workspace);
  workspace.faults.nextCalls('chat.postMessage', 1, fault);
  await client.auth.test();
  await expect(post(client, 'struck')).rejects.toMatchObject(error);
  await post(client, 'again');
  expect(workspace.messages(CHANNEL).map(({ text }) => text)).toEqual(posted);
  expect(workspace.faults.struck).toEqual([`chat.postMessage: ${fault.kind}`]);
});

test('a call without an answer ends when the caller gives up', async () => {
  await using workspace = await startWorkspace();
  workspace.faults.nextCalls('*', 1, { kind: 'no-answer' });
  await expect(post(clientOf(workspace, { timeout: 100 }))).rejects.toMatchObject({ code: ErrorCode.RequestError });
  expect(workspace.messages(CHANNEL)).toEqual([]);
  expect(workspace.calls).toMatchObject([{ method: 'chat.postMessage', error: 'no-answer' }]);
});

test('deliveries: twice, late, and in another order', async () => {
  await using workspace = await startWorkspace();
  const app = socketModeApp(workspace);
  const taken: string[] = [];
  app.command('/mesh', async ({ ack, command }) => {
    taken.push(command.text);
    await ack();
  });
  await app.start();
  try {
    const ada = workspace.as('U0ADA');
    workspace.faults.nextDeliveries(1, { kind: 'duplicate' });
    await ada.command('/mesh', 'twice', CHANNEL);
    await workspace.eventually('both', () => taken.length === 2 || undefined);
    workspace.faults.nextDeliveries(1, { kind: 'swap-with-next' });
    await Promise.all([ada.command('/mesh', 'first', CHANNEL), ada.command('/mesh', 'second', CHANNEL)]);
    workspace.faults.nextDeliveries(1, { kind: 'delay', delayMs: 5 });
    await ada.command('/mesh', 'late', CHANNEL);
    expect(taken).toEqual(['twice', 'twice', 'second', 'first', 'late']);
    const [one, two] = workspace.sockets.envelopes;
    expect(one?.envelopeId).toBe(two?.envelopeId);
  } finally {
    await app.stop();
  }
});

test('an outage: calls fail, sockets are cut and refused, nothing is delivered; afterwards the app is back', async () => {
  await using workspace = await startWorkspace();
  const app = socketModeApp(workspace);
  app.command('/mesh', async ({ ack }) => ack());
  await app.start();
  try {
    const ada = workspace.as('U0ADA');
    workspace.faults.beginOutage();
    await expect(post(clientOf(workspace))).rejects.toMatchObject({ code: ErrorCode.HTTPError, statusCode: 503 });
    expect(await ada.command('/mesh', 'x', CHANNEL)).toEqual({ kind: 'failed', error: 'dispatch_failed' });
    await workspace.eventually('the app asks for a connection and is refused', () =>
      workspace.calls.find(({ method, status }) => method === 'apps.connections.open' && status === 503),
    );
    workspace.faults.endOutage();
    await workspace.eventually('the app', () => workspace.sockets.connections === 1 || undefined);
    expect((await ada.command('/mesh', 'x', CHANNEL)).kind).toBe('delivered');
  } finally {
    await app.stop();
  }
});

test('chance is seeded: the same seed gives the same faults, another seed others', () => {
  const calls: readonly CallFault[] = [{ kind: 'cut' }, { kind: 'answer-lost' }, { kind: 'server-error', status: 500 }];
  const drawn = (seed: number): string => {
    const faults = new Faults(() => undefined);
    faults.atRandom({ seed, percent: 20, calls });
    return Array.from({ length: 500 }, () => faults.takeForCall('chat.update')?.kind ?? '-').join(' ');
  };
  expect(drawn(1)).toBe(drawn(1));
  expect(drawn(1)).not.toBe(drawn(2));
  const share =
    drawn(1)
      .split(' ')
      .filter((kind) => kind !== '-').length / 500;
  expect(share).toBeGreaterThan(0.14);
  expect(share).toBeLessThan(0.26);
});
