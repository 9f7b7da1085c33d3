import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pollUntil } from '../../conformance/poll-until.ts';
import { type Registry, startRegistry } from '../../controlplane/discovery/registry/start-registry.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const TOKEN = 'correct horse battery staple';
const WITHIN_MS = 60_000;

let registry: Registry;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mesh-register-'));
  registry = await startRegistry({ nowEpochMs: () => Date.now(), port: 0, token: TOKEN });
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const register = (args: readonly string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [MAIN, 'register', ...args], { cwd: dir, env, reject: false, stdin: 'ignore', all: true });
const eventually = (what: string, probe: () => boolean): Promise<true> =>
  pollUntil(what, WITHIN_MS, new AbortController().signal, async () => (probe() ? true : undefined));

test('an app is a host of the mesh as long as it runs, with the health that it has', async () => {
  let status = 200;
  const app = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => {
    app.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/healthz`;
  await writeFile(join(dir, 'token'), `${TOKEN}\n`);
  const from = ['--registry', `http://127.0.0.1:${registry.port}`, '--token-file', 'token'];
  const about = ['--weight', '7', '--tag', 'grpc', '--meta', 'version=1', '--zone', 'a', '--ttl', '20s'];
  const what = ['--service', 'shop', '--address', '[fd00::1]:8080', '--check', url, '--check-every', '50ms'];
  const running = register([...what, ...from, ...about]);
  try {
    await eventually('registered', () => registry.table.all().length === 1);
    expect(registry.table.all()).toEqual([
      {
        service: 'shop',
        host: {
          address: 'fd00::1',
          port: 8080,
          health: 'healthy',
          weight: 7,
          locality: { region: '', zone: 'a', subZone: '' },
          metadata: { version: '1' },
        },
        tags: ['grpc'],
        ttlMs: 20_000,
      },
    ]);
    status = 503;
    await eventually('unhealthy', () => registry.table.hosts('shop')[0]?.health === 'unhealthy');
  } finally {
    running.kill('SIGTERM');
  }
  const { exitCode, all } = await running;
  expect([exitCode, registry.table.all()]).toEqual([143, []]);
  expect(all).toContain('register shop [fd00::1]:8080: its app is unhealthy');
  expect(all).toMatch(/taken out at http/);
  app.closeAllConnections();
  app.close();
});

test('a token that is not the registry’s ends it, and is in no words', async () => {
  const args = ['--service', 'shop', '--address', '10.0.0.1:80', '--registry', `http://127.0.0.1:${registry.port}`];
  const { exitCode, all } = await register(args, { MESHGATE_REGISTRY_TOKEN: 'hunter2hunter2hunter2' });
  expect(exitCode).toBe(2);
  expect(all).toMatch(/no registry takes shop 10\.0\.0\.1:80: .* answered 401: .*want the token/);
  expect(all).not.toContain('hunter2');
});

test.each([
  [['--service', '../x', '--address', '10.0.0.1:80'], '--service ../x: want a service name'],
  [['--service', 'shop', '--address', 'localhost:80'], 'address: want an IP address'],
  [['--service', 'shop', '--address', '10.0.0.1'], '--address 10.0.0.1: want HOST:PORT, such as 10.0.0.1:8080'],
  [
    ['--service', 'shop', '--address', '10.0.0.1:80', '--ttl', '1s'],
    'ttl_seconds: want a number of seconds from 5 to 3600',
  ],
  [
    ['--service', 'shop', '--address', '10.0.0.1:80', '--weight', 'much'],
    'weight: want a whole number from 1 to 65535',
  ],
  [['--service', 'shop', '--address', '10.0.0.1:80', '--check', 'ftp://x'], '--check ftp://x: want http://'],
  [
    ['--service', 'shop', '--address', '10.0.0.1:80', '--registry', 'http://u:secret@x'],
    'want a URL without a password',
  ],
])('%j is refused before anybody is asked', async (args, problem) => {
  const { exitCode, all } = await register(args);
  expect(exitCode).toBe(2);
  expect(all).toContain(problem);
  expect(all).not.toContain('secret');
});
