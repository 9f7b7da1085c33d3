import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import { askHost, type ProbeSpec, probeSpecOf } from '../../../controlplane/ramp/probe.ts';
import { probeHealth } from '../../../controlplane/ramp/probe-health.ts';
import type { JsonObject } from '../../../render/json.ts';
import { ManualClock } from './manual-clock.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(server: Server): Promise<DiscoveredHost> {
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { address: '127.0.0.1', port, health: 'unknown', weight: 1, metadata: {} };
}

const specOf = (check: JsonObject, cluster: JsonObject = {}): ProbeSpec => {
  const spec = probeSpecOf({ name: 'app', healthChecks: [{ timeout: '0.5s', interval: '2s', ...check }], ...cluster });
  if (!spec) throw new Error('no probe');
  return spec;
};

describe('by HTTP', () => {
  const http = (body: JsonObject): JsonObject => ({ httpHealthCheck: { path: '/healthz', ...body } });

  test('asks as Envoy does, and goes by the status', async () => {
    const seen: IncomingMessage[] = [];
    let status = 200;
    const host = await listening(
      createHttpServer((request, response) => {
        seen.push(request);
        response.statusCode = status;
        response.end();
      }),
    );
    const plain = specOf(http({}));
    expect(await askHost(plain, host)).toBe(true);
    status = 503;
    expect(await askHost(plain, host)).toBe(false);
    status = 204;
    expect(await askHost(plain, host)).toBe(false);
    const more = specOf(
      http({
        host: 'health.test',
        method: 'HEAD',
        expectedStatuses: [{ start: '200', end: '300' }],
        requestHeadersToAdd: [{ header: { key: 'x-probe', value: 'yes' } }],
      }),
    );
    expect(await askHost(more, host)).toBe(true);
    // Envoy's check asks for the name of the check or of the cluster, never for that of the endpoint.
    expect(await askHost(more, { ...host, hostname: 'own.test' })).toBe(true);
    expect(seen.map(({ method, url, headers }) => [method, url, headers.host, headers['x-probe']])).toEqual([
      ['GET', '/healthz', 'app', undefined],
      ['GET', '/healthz', 'app', undefined],
      ['GET', '/healthz', 'app', undefined],
      ['HEAD', '/healthz', 'health.test', 'yes'],
      ['HEAD', '/healthz', 'health.test', 'yes'],
    ]);
    expect(seen[0]?.headers['user-agent']).toBe('Envoy/HC');
  });

  test('no answer in time, nobody there, or no HTTP: not healthy', async () => {
    const silent = await listening(createServer(() => undefined));
    const rude = await listening(createServer((socket) => void socket.end('what?\n')));
    const spec = specOf({ ...http({}), timeout: '0.2s' });
    expect(await askHost(spec, silent)).toBe(false);
    expect(await askHost(spec, rude)).toBe(false);
    const gone = await listening(createServer());
    open.pop()?.close();
    expect(await askHost(spec, gone)).toBe(false);
  });
});

test('by TCP: to connect is enough, or the blocks must come in their order', async () => {
  const host = await listening(
    createServer((socket) => socket.on('error', () => undefined).on('data', (bytes) => void socket.write(bytes))),
  );
  const tcp = (body: JsonObject): ProbeSpec => specOf({ tcpHealthCheck: body, timeout: '0.2s' });
  expect(await askHost(tcp({}), host)).toBe(true);
  const ping = { text: Buffer.from('ping pong').toString('hex') };
  const block = (text: string) => ({ text: Buffer.from(text).toString('hex') });
  expect(await askHost(tcp({ send: ping, receive: [block('pi'), block('pong')] }), host)).toBe(true);
  expect(await askHost(tcp({ send: ping, receive: [block('pong'), block('pi')] }), host)).toBe(false);
});

test('what Envoy asks and a probe cannot is not asked at all: an easier question would call hosts healthy that Envoy refuses', () => {
  const base = { timeout: '1s', interval: '1s' };
  expect(probeSpecOf({ name: 'app' })).toBeUndefined();
  expect(probeSpecOf({ name: 'app', healthChecks: [{ ...base, grpcHealthCheck: {} }] })).toBeUndefined();
  const h2 = { httpHealthCheck: { path: '/', codecClientType: 'HTTP2' } };
  expect(probeSpecOf({ name: 'app', healthChecks: [{ ...base, ...h2 }] })).toBeUndefined();
  for (const more of [
    { serviceNameMatcher: { prefix: 'app' } },
    { receive: [{ text: '6f6b' }] },
    { send: { text: '00' } },
  ])
    expect(
      probeSpecOf({ name: 'app', healthChecks: [{ ...base, httpHealthCheck: { path: '/', ...more } }] }),
    ).toBeUndefined();
  const tls = { transportSocket: { name: 'envoy.transport_sockets.tls' } };
  expect(probeSpecOf({ name: 'app', healthChecks: [{ ...base, tcpHealthCheck: {} }], ...tls })).toBeUndefined();
});

test('the first answer counts at once, then thresholds do; few are asked at the same time; what is not looked at is not asked', async () => {
  const clock = new ManualClock();
  const spec = { ...specOf({ tcpHealthCheck: {}, unhealthyThreshold: 2, healthyThreshold: 3 }), intervalMs: 1_000 };
  let answer = true;
  let most = 0;
  let now = 0;
  let changes = 0;
  const asked: string[] = [];
  const source = probeHealth({
    spec,
    clock,
    concurrency: 2,
    ask: async (_, { address }) => {
      asked.push(address);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return answer;
    },
  });
  using followed = source.follow(() => changes++);
  const hosts = [1, 2, 3, 4, 5].map((n) => ({
    address: `10.0.0.${n}`,
    port: 80,
    health: 'unknown' as const,
    weight: 1,
    metadata: {},
  }));
  followed.look({ served: hosts.slice(0, 2), candidates: hosts });
  const seen = () => new Set(followed.seen(0).hosts.values());
  expect(seen()).toEqual(new Set(['unseen']));
  await clock.advance(500);
  expect(seen()).toEqual(new Set(['healthy']));
  expect({ most, changes }).toEqual({ most: 2, changes: 5 });
  answer = false;
  await clock.advance(1_000);
  expect(seen()).toEqual(new Set(['healthy']));
  await clock.advance(1_000);
  expect(seen()).toEqual(new Set(['unhealthy']));
  answer = true;
  await clock.advance(2_000);
  expect(seen()).toEqual(new Set(['unhealthy']));
  await clock.advance(1_000);
  expect(seen()).toEqual(new Set(['healthy']));
  followed.look({ served: [], candidates: hosts.slice(0, 1) });
  asked.length = 0;
  await clock.advance(3_000);
  expect(new Set(asked)).toEqual(new Set(['10.0.0.1']));
});
