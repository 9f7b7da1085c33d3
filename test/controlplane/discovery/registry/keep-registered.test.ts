import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import type { AppCheck } from '../../../../controlplane/discovery/registry/app-check.ts';
import { keepRegistered, type RegisterEvent } from '../../../../controlplane/discovery/registry/keep-registered.ts';
import type { Registration } from '../../../../controlplane/discovery/registry/registration.ts';
import { registryClient } from '../../../../controlplane/discovery/registry/registry-client.ts';
import { type Registry, startRegistry } from '../../../../controlplane/discovery/registry/start-registry.ts';
import { freePort } from '../../../real/free-port.ts';
import { host } from '../hosts.ts';

const TOKEN = 'correct horse battery staple';
const registration: Registration = {
  service: 'shop',
  host: host('10.0.0.1', { weight: 7 }),
  tags: ['grpc'],
  ttlMs: 5_000,
};
let app: Server;
/** What the app answers its check with. */
let status: number;
let appUrl: string;
let registries: Registry[];
let running: { readonly done: Promise<string | undefined>; readonly end: () => void } | undefined;
let events: RegisterEvent[];

beforeEach(async () => {
  status = 200;
  events = [];
  registries = [];
  running = undefined;
  app = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => {
    app.listen(0, '127.0.0.1', resolve);
  });
  appUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}/healthz`;
});
afterEach(async () => {
  running?.end();
  await running?.done;
  for (const registry of registries) await registry[Symbol.asyncDispose]();
  app.closeAllConnections();
  await new Promise((resolve) => {
    app.close(resolve);
  });
});

async function registryAt(port = 0, token?: string): Promise<Registry> {
  const registry = await startRegistry({ nowEpochMs: () => Date.now(), port, ...(token ? { token } : {}) });
  registries.push(registry);
  return registry;
}
function keep(
  ports: readonly number[],
  more: { readonly check?: AppCheck; readonly token?: string; readonly registration?: Registration } = {},
) {
  const ending = new AbortController();
  const { check, token } = more;
  const clients = ports.map((port) =>
    registryClient(`http://127.0.0.1:${port}/`, token ? async () => token : undefined),
  );
  const options = { registries: clients, registration, onEvent: (event: RegisterEvent) => events.push(event) };
  const done = keepRegistered(
    { ...options, ...(check ? { check } : {}), ...(more.registration ? { registration: more.registration } : {}) },
    ending.signal,
  );
  running = { done, end: () => ending.abort() };
  return running;
}
const eventually = (what: string, probe: () => boolean): Promise<true> =>
  pollUntil(what, 15_000, new AbortController().signal, async () => (probe() ? true : undefined));
const healthIn = (registry: Registry): string | undefined => registry.table.hosts('shop')[0]?.health;
const check = (more: Partial<AppCheck> = {}): AppCheck => ({ url: appUrl, everyMs: 20, timeoutMs: 5_000, ...more });

test('an app is registered with its health in every registry, and taken out when it ends', async () => {
  const [one, other] = [await registryAt(), await registryAt()];
  // An hour: what comes sooner comes because something changed.
  const patient = { ...registration, ttlMs: 3_600_000 };
  const { done, end } = keep([one.port, other.port], { check: check(), registration: patient });
  for (const registry of [one, other]) await eventually('healthy', () => healthIn(registry) === 'healthy');
  expect(one.table.all()).toEqual([patient]);
  status = 503;
  for (const registry of [one, other]) await eventually('unhealthy', () => healthIn(registry) === 'unhealthy');
  status = 204;
  for (const registry of [one, other]) await eventually('healthy', () => healthIn(registry) === 'healthy');
  end();
  expect(await done).toBeUndefined();
  expect([one.table.all(), other.table.all()]).toEqual([[], []]);
  expect(events.filter(({ kind }) => kind === 'deregistered')).toHaveLength(2);
});

test('nothing is registered before the app was looked at, and one that does not answer is unhealthy', async () => {
  const registry = await registryAt();
  const nobody = await freePort();
  keep([registry.port], { check: check({ url: `tcp://127.0.0.1:${nobody}` }) });
  await eventually('unhealthy', () => healthIn(registry) === 'unhealthy');
  expect(events[0]).toEqual({ kind: 'health', health: 'unhealthy' });
});

test('an app that takes connections is healthy where that is all that is asked', async () => {
  const registry = await registryAt();
  keep([registry.port], { check: check({ url: `tcp://127.0.0.1:${(app.address() as AddressInfo).port}` }) });
  await eventually('healthy', () => healthIn(registry) === 'healthy');
});

test('it is said again within its time, and to a registry that comes back without it', async () => {
  const first = await registryAt();
  const { port } = first;
  keep([port]);
  await eventually('a host', () => healthIn(first) === 'healthy');
  const expiry = first.table.list('shop')[0]?.expiresEpochMs ?? 0;
  await eventually('a renewal', () => (first.table.list('shop')[0]?.expiresEpochMs ?? 0) > expiry);
  await first[Symbol.asyncDispose]();
  registries = [];
  await eventually('a failure', () => events.some(({ kind }) => kind === 'failed'));
  const second = await registryAt(port);
  await eventually('a host again', () => healthIn(second) === 'healthy');
  // The registry has it before its answer is here.
  await eventually('that it was taken', () => events.length === 3);
  expect(events.map(({ kind }) => kind)).toEqual(['registered', 'failed', 'registered']);
});

test('what a registry refuses for good ends it, with its words and without the token', async () => {
  const registry = await registryAt(0, TOKEN);
  const wrong = keep([registry.port], { token: 'a wrong token, long enough' });
  const refused = await wrong.done;
  expect(refused).toMatch(/answered 401: .*want the token of this registry/);
  expect(refused).not.toContain('wrong');
  keep([registry.port], { token: TOKEN });
  await eventually('a host', () => healthIn(registry) === 'healthy');
  const other = await registryAt();
  const nonsense = { ...registration, host: { ...registration.host, address: 'localhost' } };
  expect(await keep([other.port], { registration: nonsense }).done).toMatch(/answered 400: .*address/);
});

test('one registry that refuses what another takes keeps nobody out of that one', async () => {
  const [one, other] = [await registryAt(), await registryAt(0, TOKEN)];
  keep([one.port, other.port]);
  await eventually('refused by one', () => events.some(({ kind }) => kind === 'failed'));
  await eventually('taken by the other', () => healthIn(one) === 'healthy');
  expect(events.find(({ kind }) => kind === 'failed')).toMatchObject({
    problem: expect.stringContaining('answered 401'),
  });
});
