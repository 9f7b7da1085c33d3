import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Attack, HttpMode } from './delivery/http-mode.ts';
import { type BoltApp, httpModeApp } from './echo-app.ts';
import { startWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

const CHANNEL = 'C0RELEASES';
type Running = AsyncDisposable & { readonly workspace: Workspace; readonly app: BoltApp; readonly http: HttpMode };

async function startHttp(options: WorkspaceOptions = {}): Promise<Running> {
  const workspace = await startWorkspace({ rateSpeed: 0, ...options });
  const { app, requestUrl } = await httpModeApp(workspace);
  const stop = async (): Promise<void> => {
    await workspace.stop();
    await app.stop();
  };
  return { workspace, app, http: workspace.useRequestUrl(requestUrl), [Symbol.asyncDispose]: stop };
}

test('a real Bolt app behind a request URL takes a signed command, and answers a URL check and an SSL check', async () => {
  await using running = await startHttp();
  const { workspace, app, http } = running;
  app.command('/mesh', async ({ ack, command }) => ack(`taken: ${command.text} & more`));
  const outcome = await workspace.as('U0ADA').command('/mesh', 'canary', CHANNEL);
  expect(outcome).toMatchObject({ kind: 'delivered', response: { text: 'taken: canary & more', visibleTo: 'U0ADA' } });
  expect(await http.verifyUrl('challenge-1')).toBe(true);
  expect((await http.sslCheck()).status).toBe(200);
});

test.each<[Attack, number]>([
  ['forged', 401],
  ['expired', 401],
  ['tampered', 401],
  ['unsigned', 401],
  // Bolt remembers no signature, so a replay within five minutes gets through: an app has to see to that itself.
  ['replayed', 200],
])('a request that is %s gets %i from Bolt', async (attack, status) => {
  await using running = await startHttp();
  const { workspace, app, http } = running;
  const taken: string[] = [];
  app.command('/mesh', async ({ ack, command }) => {
    taken.push(command.trigger_id);
    await ack();
  });
  await workspace.as('U0ADA').command('/mesh', 'approve canary', CHANNEL);
  expect((await http.attack(attack)).status).toBe(status);
  expect(taken).toHaveLength(status === 200 ? 2 : 1);
  expect(new Set(taken).size).toBe(1);
});

/** Bolt acknowledges events by itself before any listener runs, so a server of its own stands for an app that fails. */
async function startServer(answers: readonly (number | 'silence' | 'no-retry')[]) {
  const retries: unknown[] = [];
  const server = createServer((request, response) => {
    const answer = answers[retries.length] ?? 200;
    retries.push([request.headers['x-slack-retry-num'], request.headers['x-slack-retry-reason']]);
    request.resume();
    if (answer === 'silence') return;
    const headers = answer === 'no-retry' ? { 'x-slack-no-retry': '1' } : {};
    response.writeHead(answer === 'no-retry' ? 500 : answer, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/`, retries, [Symbol.asyncDispose]: stop };
}

test.each<[string, Parameters<typeof startServer>[0], unknown[]]>([
  ['taken at once', [200], [[undefined, undefined]]],
  [
    'failed, silent, then taken',
    [500, 'silence', 200],
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_timeout'],
    ],
  ],
  [
    'never taken',
    [500, 500, 500, 500, 500],
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
      ['3', 'http_error'],
    ],
  ],
  ['the app wants no retries', ['no-retry'], [[undefined, undefined]]],
])('an event that is %s is sent that often, with number and reason', async (_name, answers, retries) => {
  await using server = await startServer(answers);
  await using workspace = await startWorkspace({ times: { ackMs: 1_000, redeliverAfterMs: [0, 5, 5] } });
  workspace.useRequestUrl(server.url);
  await workspace.as('U0ADA').say('<@U0MESHGATE> status', CHANNEL).taken;
  expect(server.retries).toEqual(retries);
});

test('what the person reads when the app fails, is silent, or is not there', async () => {
  await using running = await startHttp({ times: { ackMs: 1_000 } });
  const { workspace, app } = running;
  const ada = workspace.as('U0ADA');
  app.command('/mesh', async ({ ack, command }) => {
    if (command.text === 'fail') throw new Error('no');
    if (command.text === 'ok') await ack();
  });
  expect(await ada.command('/mesh', 'silent', CHANNEL)).toEqual({ kind: 'failed', error: 'operation_timeout' });
  expect(await ada.command('/mesh', 'fail', CHANNEL)).toEqual({ kind: 'failed', error: 'http_service_error' });
  workspace.useRequestUrl('http://127.0.0.1:1/slack/events');
  expect(await ada.command('/mesh', 'ok', CHANNEL)).toEqual({ kind: 'failed', error: 'dispatch_failed' });
});

test('a response URL is good for five uses within half an hour', async () => {
  let now = 1_800_000_000_000;
  // Bolt judges signatures by the machine's clock, so the app here is one request handler of its own.
  await using workspace = await startWorkspace({ clock: { nowEpochMs: () => now }, rateSpeed: 0 });
  const http = workspace.useRequestUrl('http://127.0.0.1:1/none');
  const urlOf = async (): Promise<string> => {
    await workspace.as('U0ADA').command('/mesh', 'canary', CHANNEL);
    return new URLSearchParams(http.requests.at(-1)?.body).get('response_url') ?? '';
  };
  const respond = async (url: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return [response.status, ((await response.json()) as { error?: string }).error];
  };
  const url = await urlOf();
  expect(await respond(url, { text: 'for Ada' })).toEqual([200, undefined]);
  expect(await respond(url, { text: 'for all', response_type: 'in_channel' })).toEqual([200, undefined]);
  expect(
    workspace
      .as('U0GRACE')
      .sees(CHANNEL)
      .map(({ text }) => text),
  ).toEqual(['for all']);
  for (const text of ['3', '4', '5']) await respond(url, { text });
  expect(await respond(url, { text: '6' })).toEqual([404, 'used_url']);
  const late = await urlOf();
  now += 30 * 60_000 + 1;
  expect(await respond(late, { text: 'late' })).toEqual([404, 'expired_url']);
  expect(await respond(`${url}X`, { text: 'x' })).toEqual([404, 'invalid_url']);
});
