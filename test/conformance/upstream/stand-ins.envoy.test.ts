import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RequestSpec } from '../../../conformance/checks/check.ts';
import { type Client, createClient } from '../../../conformance/client/client.ts';
import { sendTcp } from '../../../conformance/client/send-tcp.ts';
import { startTraffic } from '../../../conformance/client/traffic.ts';
import { type BehindEnvoy, startBehindEnvoy } from './behind-envoy.ts';
import { get } from './pool-fixture.ts';

describe.each(['1.36.4', '1.40.0'])('behind Envoy %s', (version) => {
  let behind: BehindEnvoy;
  let client: Client;
  beforeAll(async () => {
    behind = await startBehindEnvoy(version);
    client = createClient({ pki: behind.pki });
  });
  afterEach(() => behind?.pool.reset());
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await behind?.[Symbol.asyncDispose]();
  });
  const send = (listener: string, request: Partial<RequestSpec>) =>
    client.send(behind.addressOf(listener), get({ listener, ...request }));
  const healthOf = (cluster: string, state: string | RegExp) =>
    expect.poll(() => behind.healthOf(cluster), { timeout: 20_000, interval: 50 }).toMatch(state);

  test.each([
    ['plain', 'http/1.1', false],
    ['rpc', 'h2', false],
    ['secure', 'http/1.1', true],
    ['secure2', 'h2', true],
  ] as const)('%s is reached over %s, TLS %s, its certificate accepted by SAN', async (cluster, protocol, tls) => {
    await healthOf(cluster, 'healthy');
    for (const downstream of ['http/1.1', 'h2'] as const) {
      const answer = await send('bare', { path: `/${cluster}`, protocol: downstream });
      expect(answer).toMatchObject({ status: 200, headers: { 'x-meshgate-cluster': cluster }, protocol: downstream });
    }
    const received = behind.pool.received({ cluster });
    expect(received).toHaveLength(2);
    expect(received[0]).toMatchObject({
      protocol,
      authority: 'pay.example.com',
      tls: tls ? { serverName: 'asked.internal', clientCertificate: true } : undefined,
    });
  });

  test('listeners with TLS, and those that insist on a client certificate', async () => {
    await healthOf('plain', 'healthy');
    const tls = { serverName: 'any.example' };
    expect(await send('tls', { path: '/plain', protocol: 'h2', tls })).toMatchObject({ status: 200, protocol: 'h2' });
    expect(await send('tls', { path: '/plain', tls })).toMatchObject({ status: 200, protocol: 'http/1.1' });
    expect(await send('mutual', { path: '/plain', tls: { ...tls, clientCertificate: true } })).toMatchObject({
      status: 200,
    });
    expect(await send('mutual', { path: '/plain', tls })).toMatchObject({ kind: 'failed', reason: 'tls' });
    expect(await send('mutual', { path: '/plain', tls, protocol: 'h2' })).toMatchObject({
      kind: 'failed',
      reason: 'tls',
    });
    expect(await send('bare', { path: '/plain', tls })).toMatchObject({ kind: 'failed', reason: 'tls' });
  });

  test('gRPC: an answer, a refusal by the service, a failure', async () => {
    await healthOf('rpc', 'healthy');
    const call = (path: string) => send('bare', { path, protocol: 'h2', grpc: { message: Buffer.of(8, 1) } });
    expect(await call('/grpc.health.v1.Health/Check')).toMatchObject({ grpcStatus: 0, grpcPayload: Buffer.of(8, 1) });
    behind.pool.behave({ cluster: 'rpc' }, { grpcStatus: 7 });
    expect(await call('/shop.Cart/Add')).toMatchObject({ status: 200, grpcStatus: 7 });
    behind.pool.behave({ cluster: 'rpc' }, { reset: 'before-headers' });
    expect(await call('/shop.Cart/Add')).toMatchObject({ grpcStatus: 14 });
  });

  test.each(['plain', 'rpc', 'tcp', 'connected'])(
    '%s: its health check follows maintenance both ways',
    async (cluster) => {
      await healthOf(cluster, 'healthy');
      behind.pool.setHealth({ cluster }, 'maintenance');
      await healthOf(cluster, /failed_active_hc/);
      behind.pool.setHealth({ cluster }, 'serving');
      await healthOf(cluster, 'healthy');
      expect(behind.pool.received({ cluster })).toEqual([]);
      expect(behind.pool.healthChecks({ cluster })).toBeGreaterThan(1);
    },
  );

  test('in panic mode a host in maintenance still answers, and it shows', async () => {
    behind.pool.setHealth({ cluster: 'plain' }, 'maintenance');
    await healthOf('plain', /failed_active_hc/);
    expect(await send('bare', { path: '/plain' })).toMatchObject({ status: 200 });
    expect(behind.pool.received({ cluster: 'plain' })).toHaveLength(1);
  });

  test.each([
    ['authorised', 'authz', '/envoy.service.auth.v3.Authorization/Check'],
    ['limited', 'limits', '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'],
    ['processed', 'processor', '/envoy.service.ext_proc.v3.ExternalProcessor/Process'],
    ['duplex', 'processor', '/envoy.service.ext_proc.v3.ExternalProcessor/Process'],
  ])('%s: the outside service lets requests pass unchanged', async (listener, service, path) => {
    await healthOf('plain', 'healthy');
    const body = 'm'.repeat(5_000);
    const answer = await send(listener, {
      method: 'POST',
      path: '/plain/x',
      body,
      headers: { 'x-meshgate-request': 'p' },
    });
    expect(answer).toMatchObject({ status: 200, headers: { 'x-meshgate-cluster': 'plain' } });
    expect(answer.kind === 'answer' && JSON.parse(answer.body).path).toBe('/plain/x');
    expect(behind.pool.received({ cluster: 'plain' })).toMatchObject([{ body, requestId: 'p' }]);
    expect(behind.pool.received({ cluster: service })[0]).toMatchObject({ path, protocol: 'h2' });
  });

  test('what an outside service is told to do reaches the client', async () => {
    await healthOf('plain', 'healthy');
    behind.pool.behave({ cluster: 'limits' }, { grpcStatus: 13 });
    expect(await send('limited', { path: '/plain' })).toMatchObject({ status: 500 });
    expect(behind.pool.received({ cluster: 'plain' })).toEqual([]);
  });

  test.each(['plain', 'rpc'])('a WebSocket to %s is echoed', async (cluster) => {
    await healthOf(cluster, 'healthy');
    const { host, port } = behind.addressOf('bare');
    const request = httpRequest({
      host,
      port,
      path: `/${cluster}/ws`,
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    request.end();
    const [response, socket] = (await once(request, 'upgrade')) as [{ statusCode: number }, Duplex];
    expect(response.statusCode).toBe(101);
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    let echo = '';
    socket.on('data', (chunk: Buffer) => {
      echo += chunk.toString('latin1');
    });
    await expect.poll(() => echo, { timeout: 10_000 }).toBe('\x81\x02hi');
    socket.destroy();
  });

  test('raw TCP through a proxy', async () => {
    await healthOf('tcp', 'healthy');
    const bytes = Buffer.from('hello x-meshgate-request: raw\n');
    expect(await sendTcp(behind.addressOf('tcp'), bytes, { pki: behind.pki })).toMatchObject({ kind: 'answer', bytes });
    expect(behind.pool.received({ requestId: 'raw' })).toMatchObject([{ protocol: 'tcp', host: { cluster: 'tcp' } }]);
  });

  test('steady traffic: every request is answered, and each failure has its time', async () => {
    for (const cluster of ['plain', 'rpc']) await healthOf(cluster, 'healthy');
    const requests = [
      get({ listener: 'bare', path: '/plain' }),
      get({ listener: 'bare', path: '/rpc', protocol: 'h2' }),
      get({ listener: 'bare', path: '/secure2', protocol: 'h2' }),
    ];
    const traffic = startTraffic({ client, requests, addressOf: behind.addressOf, requestsPerSecond: 100 });
    await expect.poll(() => traffic.report().sent, { timeout: 20_000 }).toBeGreaterThan(60);
    expect(traffic.report().failed).toBe(0);
    const before = performance.now();
    behind.pool.behave({ cluster: 'plain' }, { status: 500 });
    await expect.poll(() => traffic.report().failed, { timeout: 20_000 }).toBeGreaterThan(3);
    const report = await traffic.stop();
    expect(report.perRequest.map(({ failed }) => failed > 0)).toEqual([true, false, false]);
    expect(report.failures.every(({ atMs, request }) => atMs > before - 1_000 && request === 0)).toBe(true);
    expect(report.perRequest[0]?.outcomes).toMatchObject({ 200: expect.any(Number), 500: expect.any(Number) });
  });
});
