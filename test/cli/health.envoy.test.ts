import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { pollUntil } from '../../conformance/poll-until.ts';
import { layStore } from '../real/pglite-cluster.ts';
import { startWorkspace } from '../slack/workspace.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const WITHIN_MS = 90_000;
const nothing = new AbortController().signal;
const meshYaml = `
branch: main
stages:
  - { name: beta, envoy: ["1.40.0"], node: { cluster: beta }, target: { kind: git, repository: live, branch: beta } }
`;

test('mesh bot is ready once its store answers and Slack is connected, and not while Slack is away; it serves the board, which only shows', async () => {
  await using things = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'mesh-health-'));
  things.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  await writeFile(join(dir, 'mesh.yaml'), meshYaml);
  await layStore(join(dir, 'data', 'store'));
  const workspace = things.use(await startWorkspace({ rateSpeed: 0 }));
  const bot = execa(
    process.execPath,
    [
      MAIN,
      'bot',
      '--mode',
      'socket',
      '--channel',
      'mesh-releases',
      '--health',
      '127.0.0.1:0',
      '--board',
      '127.0.0.1:0',
    ],
    {
      cwd: dir,
      reject: false,
      stdin: 'ignore',
      buffer: false,
      all: true,
      env: {
        DATABASE_URL: '',
        MESHGATE_DATA_DIR: join(dir, 'data'),
        SLACK_BOT_TOKEN: workspace.botToken,
        SLACK_APP_TOKEN: workspace.appToken,
        SLACK_API_URL: workspace.apiUrl,
      },
    },
  );
  things.defer(async () => {
    bot.kill('SIGTERM');
    await bot;
  });
  let ended = false;
  void bot.then(() => {
    ended = true;
  });
  let said = '';
  bot.all.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
    pollUntil(what, WITHIN_MS, nothing, async () => {
      if (ended) throw new Error(said);
      return probe();
    });
  const url = await soon('where its health is', async () => /^bot: health at (\S+)$/m.exec(said)?.[1]);
  const is = (status: number): Promise<unknown> =>
    soon(`/readyz ${status}`, async () => {
      const response = await fetch(`${url}/readyz`);
      const body: unknown = await response.json();
      return response.status === status ? body : undefined;
    });
  expect(await is(200)).toMatchObject({ ready: true, store: 'ok', slack: 'ok', inboxOpen: 0 });
  workspace.faults.beginOutage();
  expect(await is(503)).toMatchObject({ ready: false, store: 'ok', slack: 'not connected' });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  // Slack is still away: the board does not need it.
  const board = await soon('where its board is', async () => /^bot: board at (\S+)$/m.exec(said)?.[1]);
  const page = await fetch(board);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await page.text()).toContain('<div id="board">');
  const me = await fetch(`${board}/api/me`);
  expect(await me.json()).toMatchObject({ signIn: { kind: 'off', why: expect.stringMatching(/Slack/) } });
  const decided = await fetch(`${board}/api/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: board },
    body: JSON.stringify({ command: { kind: 'stop', reason: 'because' }, request: crypto.randomUUID() }),
  });
  expect([decided.status, ((await decided.json()) as { rule: string }).rule]).toEqual([403, 'board-read-only']);
  bot.kill('SIGTERM');
  await bot;
  await expect(fetch(board)).rejects.toThrow();
});
