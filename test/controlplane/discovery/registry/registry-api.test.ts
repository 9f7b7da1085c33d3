import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Registry,
  type RegistryOptions,
  startRegistry,
} from '../../../../controlplane/discovery/registry/start-registry.ts';
import { registrySource } from '../../../../controlplane/discovery/sources/registry-source.ts';
import { Answers } from '../answers.ts';
import { sourceContract } from '../source-contract.ts';

const TOKEN = 'correct horse battery staple';
let dir: string;
let path: string;
let problems: (string | undefined)[];
const open: Registry[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-registry-'));
  path = join(dir, 'registry.json');
  problems = [];
});
afterEach(async () => {
  for (const registry of open.splice(0)) await registry[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function start(more: Partial<RegistryOptions> = {}): Promise<Registry> {
  const registry = await startRegistry({
    nowEpochMs: () => Date.now(),
    port: 0,
    onProblem: (problem) => problems.push(problem),
    ...more,
  });
  open.push(registry);
  return registry;
}

type Call = { readonly method?: string; readonly body?: unknown; readonly headers?: Record<string, string> };
async function call(registry: Registry, to: string, { method = 'GET', body, headers = {} }: Call = {}) {
  const response = await fetch(`http://127.0.0.1:${registry.port}${to}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}
const register = (registry: Registry, body: unknown, service = 'shop') =>
  call(registry, `/v1/registration/${service}`, { method: 'POST', body });

describe('as a source', () => {
  let registry: Registry;
  beforeEach(async () => {
    registry = await start();
  });
  const set = async (hosts: readonly number[]): Promise<void> => {
    const wanted = new Set(hosts.map((last) => `127.0.9.${last}:8080`));
    for (const { address } of registry.table.hosts('shop'))
      if (!wanted.has(`${address}:8080`))
        await call(registry, `/v1/registration/shop/${address}:8080`, { method: 'DELETE' });
    for (const last of hosts) await register(registry, { address: `127.0.9.${last}`, port: 8080, health: 'healthy' });
  };
  sourceContract('healthy', () => ({ source: registrySource({ service: 'shop' }, registry.table), set }));
});

test('register, renew, change, list, deregister', async () => {
  const registry = await start();
  const full = {
    address: '10.0.0.1',
    port: 80,
    health: 'healthy',
    weight: 7,
    locality: { region: 'eu', zone: 'a' },
    hostname: 'one',
    metadata: { version: '1' },
    tags: ['grpc', 'canary', 'grpc'],
    ttl_seconds: 30,
  };
  const answer = { host: '10.0.0.1:80', ttl_seconds: 30, stored: false };
  expect(await register(registry, full)).toEqual({ status: 201, body: answer });
  expect(await register(registry, full)).toEqual({ status: 200, body: answer });
  expect((await register(registry, { ...full, health: 'unhealthy' })).status).toBe(200);
  expect((await register(registry, { address: 'fd00::1', port: 81 })).status).toBe(201);
  const listed = await call(registry, '/v1/registration/shop');
  expect(listed).toEqual({
    status: 200,
    body: {
      service: 'shop',
      hosts: [
        { ...full, health: 'unhealthy', tags: ['canary', 'grpc'], expires_in_seconds: expect.closeTo(30, -1) },
        {
          address: 'fd00::1',
          port: 81,
          health: 'unknown',
          weight: 1,
          metadata: {},
          tags: [],
          ttl_seconds: 60,
          expires_in_seconds: expect.closeTo(60, -1),
        },
      ],
    },
  });
  expect(await call(registry, '/v1/registration')).toEqual({
    status: 200,
    body: { services: [{ service: 'shop', hosts: 2, tags: ['canary', 'grpc'] }] },
  });
  // What a socket for both says of an IPv4 peer: Envoy could not send to it, and it is a host that is there already.
  expect(await register(registry, { ...full, address: '::ffff:10.0.0.1' })).toMatchObject({
    status: 200,
    body: { host: '10.0.0.1:80' },
  });
  expect(await call(registry, '/v1/registration/shop/[FD00:0::1]:81', { method: 'DELETE' })).toEqual({ status: 204 });
  expect(await call(registry, '/v1/registration/shop/[fd00::1]:81', { method: 'DELETE' })).toEqual({
    status: 404,
    body: { error: 'shop has no host [fd00::1]:81' },
  });
  expect(registry.table.hosts('shop')).toHaveLength(1);
});

test('a restart forgets nothing, and gives hosts their whole time again', async () => {
  let now = 1_000_000;
  const first = await start({ path, nowEpochMs: () => now });
  const host = {
    address: '10.0.0.1',
    port: 80,
    locality: { zone: 'a' },
    metadata: { a: 1 },
    tags: ['x'],
    ttl_seconds: 30,
  };
  expect((await register(first, host)).body).toMatchObject({ stored: true });
  await register(first, { address: '10.0.0.2', port: 80, ttl_seconds: 30 });
  // What is on the disk when it was answered is what counts: nothing is closed in order here.
  const kept = await readFile(path, 'utf8');
  await first[Symbol.asyncDispose]();
  await writeFile(path, kept);
  now += 3_600_000;
  const second = await start({ path, nowEpochMs: () => now });
  const { body } = await call(second, '/v1/registration/shop');
  expect(body).toMatchObject({
    hosts: [
      { ...host, expires_in_seconds: 30 },
      { address: '10.0.0.2', expires_in_seconds: 30 },
    ],
  });
  now += 30_000;
  expect((await call(second, '/v1/registration')).body).toEqual({ services: [] });
  // Nothing was wrong, and nothing is well again.
  expect(problems).toEqual([]);
});

test('a hundred at once are all on the disk when they are answered', async () => {
  const registry = await start({ path });
  const all = Array.from({ length: 100 }, (_, index) =>
    register(registry, { address: `10.0.0.${index + 1}`, port: 80 }),
  );
  const answers = await Promise.all(all);
  const kept = JSON.parse(await readFile(path, 'utf8')) as { services: { shop: unknown[] } };
  expect(answers.every(({ status }) => status === 201)).toBe(true);
  expect(kept.services.shop).toHaveLength(100);
});

test.each([
  ['no JSON', '{', 'it is no JSON'],
  ['another format', '{"format":9}', 'it is of another format'],
  [
    'a host that cannot be read',
    '{"format":1,"services":{"shop":[{"address":"x"},{"address":"10.0.0.1","port":80}]}}',
    '1 registrations in it cannot be read',
  ],
])('a file with %s is said, kept beside, and stops nobody', async (_, text, problem) => {
  await writeFile(path, text);
  const registry = await start({ path });
  expect(problems).toEqual([`${path}: ${problem}`]);
  expect((await register(registry, { address: '10.0.0.2', port: 80 })).status).toBe(201);
  expect(await readFile(`${path}.unreadable`, 'utf8')).toBe(text);
});

test('where nothing can be kept, hosts are registered all the same, and told so', async () => {
  await writeFile(join(dir, 'file'), '');
  const registry = await start({ path: join(dir, 'file', 'registry.json') });
  expect(await register(registry, { address: '10.0.0.1', port: 80 })).toMatchObject({
    status: 201,
    body: { stored: false },
  });
  expect(await register(registry, { address: '10.0.0.1', port: 80 })).toMatchObject({
    status: 200,
    body: { stored: false },
  });
  // What was kept before cannot be read either.
  expect(problems.slice(1)).toEqual([expect.stringMatching(/^what is registered cannot be kept: E[A-Z]+$/)]);
});

test('with a token nothing is told or taken without it, but whether it is there', async () => {
  const registry = await start({ token: TOKEN });
  const refused = { status: 401, body: { error: 'want the token of this registry' } };
  expect(await register(registry, { address: '10.0.0.1', port: 80 })).toEqual(refused);
  for (const authorization of [`Bearer ${TOKEN}x`, 'Bearer', TOKEN, `bearer ${TOKEN}`])
    expect(await call(registry, '/v1/registration', { headers: { authorization } })).toEqual(refused);
  expect(registry.table.services()).toEqual([]);
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect((await call(registry, '/v1/registration', { headers })).status).toBe(200);
  expect((await call(registry, '/healthcheck')).status).toBe(200);
});

test.each(['0.0.0.0', '::', '10.0.0.1', 'example.test'])('it does not listen on %s without a token', async (host) => {
  await expect(start({ host })).rejects.toThrow(`would take hosts from everybody who reaches ${host}`);
});
test('a token must be long enough not to be guessed', async () => {
  await expect(start({ token: 'short' })).rejects.toThrow('less than 16 characters');
});

const OK = { address: '10.0.0.1', port: 80 };
test.each([
  ['no object', '[]', 400],
  ['no JSON', '{"address":', 400],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), 400],
  ['a name for an address', { ...OK, address: 'localhost' }, 400],
  ['an address with a zone', { ...OK, address: 'fe80::1%eth0' }, 400],
  ['everywhere', { ...OK, address: '::' }, 400],
  ['everywhere, as IPv6 writes IPv4', { ...OK, address: '::ffff:0.0.0.0' }, 400],
  ['port 65536', { ...OK, port: 65_536 }, 400],
  ['a port in quotes', { ...OK, port: '80' }, 400],
  ['a TTL that is over at once', { ...OK, ttl_seconds: 1 }, 400],
  ['a TTL for ever', { ...OK, ttl_seconds: 1e9 }, 400],
  ['33 tags', { ...OK, tags: Array(33).fill('x') }, 400],
  ['a tag with a line break', { ...OK, tags: ['a\nb'] }, 400],
  ['deep metadata', { ...OK, metadata: { a: { b: { c: { d: { e: { f: 1 } } } } } } }, 400],
  ['metadata with a prototype', '{"address":"10.0.0.1","port":80,"metadata":{"__proto__":{"x":1}}}', 400],
  ['an unknown member', { ...OK, admin: true }, 400],
  ['17 KiB', { ...OK, hostname: 'x'.repeat(17_000) }, 413],
])('%s is refused and changes nothing', async (_, body, status) => {
  const registry = await start();
  const answer = await register(registry, body);
  expect(answer.status).toBe(status);
  expect((answer.body as { error: string }).error).not.toBe('');
  expect(registry.table.services()).toEqual([]);
});

test.each<[method: string, to: string, status: number, headers?: Record<string, string>]>([
  ['POST', '/v1/registration/shop', 415, { 'content-type': 'text/plain' }],
  ['POST', '/v1/registration/..%2fshop', 400],
  ['POST', `/v1/registration/${'x'.repeat(129)}`, 400],
  ['GET', '/v1/registration/%', 400],
  ['PUT', '/v1/registration/shop', 405],
  ['DELETE', '/v1/registration', 405],
  ['DELETE', '/v1/registration/shop/localhost:80', 400],
  ['GET', '/v1/registration/shop/10.0.0.1:80/x', 404],
  ['GET', '/', 404],
])('%s %s: %s', async (method, to, status, headers = {}) => {
  const registry = await start();
  const body = method === 'POST' ? OK : undefined;
  expect((await call(registry, to, { method, ...(body ? { body } : {}), headers })).status).toBe(status);
  expect(registry.table.services()).toEqual([]);
});

test('a body without a length is cut at the same size, and the connection closed', async () => {
  const registry = await start();
  const socket = createConnection(registry.port, '127.0.0.1');
  const said: Buffer[] = [];
  socket.on('data', (piece) => said.push(piece));
  socket.on('error', () => {});
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  socket.write(
    'POST /v1/registration/shop HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  for (let piece = 0; piece < 5; piece += 1) socket.write(`1000\r\n${'x'.repeat(4_096)}\r\n`);
  await closed;
  expect(Buffer.concat(said).toString()).toMatch(/^HTTP\/1\.1 413 /);
});

test('an app that comes is a host of the source at once, and one that says nothing more goes', async () => {
  const registry = await start();
  await using answers = new Answers(registrySource({ service: 'shop' }, registry.table));
  await answers.until('none');
  await register(registry, { ...OK, ttl_seconds: 5, health: 'healthy' });
  await answers.until('10.0.0.1:80 healthy');
  await answers.until('none');
});
