import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parentDeathPrefix } from '../../../conformance/launcher/parent-death.ts';
import { processLauncher } from '../../../conformance/launcher/process-launcher.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';

// Programs that behave as Envoy should not; a real Envoy cannot be made to.
const ADMIN = `
const { createServer } = require('node:http');
const { writeFileSync } = require('node:fs');
const file = process.argv[process.argv.indexOf('--admin-address-path') + 1];
const admin = (answer) => {
  const server = createServer(answer).listen(0, '127.0.0.1', () => writeFileSync(file, '127.0.0.1:' + server.address().port));
};`;
const PROGRAMS = {
  stubborn: `${ADMIN} process.on('SIGTERM', () => {}); admin((_, response) => response.end('LIVE'));`,
  parent: `${ADMIN}
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.once('data', () => console.log('child ' + child.pid + ';')); admin((_, response) => response.end('LIVE'));`,
  mute: `${ADMIN} admin(() => {});`,
  trickling: `${ADMIN} admin((_, response) => { response.writeHead(503); setInterval(() => response.write('.'), 20); });`,
  loud: `${ADMIN}
    const { writeSync } = require('node:fs');
    writeSync(1, 'first line\\n');
    const line = 'x'.repeat(1023) + '\\n';
    for (let i = 0; i < 100 * 1024; i++) writeSync(1, line);
    writeSync(1, 'last line\\n'); admin((_, response) => response.end('LIVE'));`,
  environment: `${ADMIN} console.log('env ' + JSON.stringify(process.env)); admin((_, response) => response.end('LIVE'));`,
  'ok-then-crash': `console.log("configuration '/x/bootstrap.json' OK"); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);`,
  'crash-only': `console.error('[2026-01-01 00:00:00.000][1][info][main] [a.cc:1] starting'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);`,
  hangs: `console.log('thinking'); setInterval(() => {}, 1000);`,
} as const;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fake-envoy-'));
  // Through a link: the kernel takes no interpreter whose path has a space, and a checkout's Node may well stand below one.
  const interpreter = join(dir, 'node');
  await symlink(process.execPath, interpreter);
  for (const [name, body] of Object.entries(PROGRAMS)) {
    await writeFile(join(dir, name), `#!${interpreter}\n${body}\n`);
    await chmod(join(dir, name), 0o755);
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const launcher = processLauncher({ binaryOf: async (version) => join(dir, version) });
const options = (program: keyof typeof PROGRAMS | 'absent', readyTimeoutMs = 15_000) => ({
  release: { version: program as unknown as EnvoyVersion },
  bootstrap: '{}',
  scratchDir: join(dir, `scratch-${program}`),
  readyTimeoutMs,
});
const never = new AbortController().signal;
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('one that ignores SIGTERM is killed', async () => {
  const envoy = await launcher.launch(options('stubborn'));
  await envoy[Symbol.asyncDispose]();
  expect(await envoy.ended).toEqual({ exitCode: undefined, signal: 'SIGKILL' });
});

test('what it forked goes with it', async () => {
  const envoy = await launcher.launch(options('parent'));
  const child = Number(await pollUntil('the child', 15_000, never, async () => /child (\d+);/.exec(envoy.log())?.[1]));
  expect(isAlive(child)).toBe(true);
  await envoy[Symbol.asyncDispose]();
  await pollUntil('the end of the child', 15_000, never, async () => !isAlive(child) || undefined);
});

test('it goes when this process is killed, before Envoy could see to that itself', async (context) => {
  if ((await parentDeathPrefix()).length === 0) return context.skip('no setpriv --pdeathsig on this machine');
  const room = join(import.meta.dirname, '../../../conformance/launcher');
  const code = `
    import { parentDeathPrefix } from ${JSON.stringify(join(room, 'parent-death.ts'))};
    import { startEnvoyProcess } from ${JSON.stringify(join(room, 'envoy-process.ts'))};
    const command = [...(await parentDeathPrefix()), ${JSON.stringify(join(dir, 'hangs'))}];
    console.log((await startEnvoyProcess(command, ${JSON.stringify(dir)}, {})).pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(text);
  // Not before setpriv has become the program: until then there is nothing to kill it.
  await pollUntil(
    'the program',
    15_000,
    never,
    async () => /thinking/.test(await readFile(join(dir, 'envoy.log'), 'utf8')) || undefined,
  );
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await pollUntil('its end', 15_000, never, async () => !isAlive(pid) || undefined);
});

test('an admin that takes the question and never answers is silent; so is one that never finishes its answer', async () => {
  await expect(launcher.launch(options('mute', 600))).rejects.toMatchObject({ code: 'ENVOY_ADMIN_SILENT' });
  await expect(launcher.launch(options('trickling', 600))).rejects.toMatchObject({ code: 'ENVOY_ADMIN_SILENT' });
});

test('of 100 MB of log the first and the last 2 MiB are kept', async () => {
  await using envoy = await launcher.launch(options('loud'));
  const log = envoy.log();
  expect(log.startsWith('first line\n')).toBe(true);
  expect(log.endsWith('last line\n')).toBe(true);
  expect(log).toMatch(/\[… \d+ bytes left out …\]/);
  expect(log.length).toBeLessThan(4.1 * 1024 * 1024);
});

test('nothing of our environment reaches it', async () => {
  await using envoy = await launcher.launch(options('environment'));
  const seen = JSON.parse(/^env (.*)$/m.exec(envoy.log())?.[1] ?? 'null') as Record<string, string>;
  // macOS sets one by itself.
  expect(Object.keys(seen).filter((name) => name !== '__CF_USER_TEXT_ENCODING')).toEqual([]);
});

test('a binary that is not there is the harness’s fault', async () => {
  await expect(launcher.launch(options('absent'))).rejects.toMatchObject({ name: 'LauncherError' });
});

test('validate: the verdict is the line, not the exit; a crash or a hang without it is none', async () => {
  const validate = (program: keyof typeof PROGRAMS, timeoutMs = 15_000) =>
    launcher.validate({ ...options(program), timeoutMs });
  expect(await validate('ok-then-crash')).toMatchObject({ kind: 'ok' });
  expect(await validate('crash-only')).toMatchObject({ kind: 'crashed', end: { signal: 'SIGSEGV' } });
  const hung = await validate('hangs', 500);
  expect(hung).toMatchObject({ kind: 'crashed' });
  expect(hung.log).toContain('no verdict within 500 ms');
});
