import { describe, expect, test } from 'vitest';
import { get, PAYMENTS, PAYMENTS_2, spec, startFixture } from './pool-fixture.ts';

const WAYS = [
  { protocol: 'http/1.1', tls: undefined },
  { protocol: 'h2', tls: undefined },
  { protocol: 'http/1.1', tls: { serverName: 'pay.example.com' } },
  { protocol: 'h2', tls: { serverName: 'pay.example.com', clientCertificate: true } },
] as const;

describe.each(WAYS)('$protocol, TLS $tls', ({ protocol, tls }) => {
  const way = { protocol, ...(tls ? { tls } : {}) };

  test('an answer says who gave it, and the request is recorded as it came', async () => {
    await using fixture = await startFixture();
    const before = performance.now();
    const answer = await fixture.answer({ ...way, headers: { 'x-meshgate-request': 'r-1', 'x-more': 'a' } });
    expect(answer).toMatchObject({
      status: 200,
      protocol,
      headers: {
        'x-meshgate-cluster': 'payments',
        'x-meshgate-host': '10.0.0.7:8080',
        'content-type': 'application/json',
      },
    });
    expect(JSON.parse(answer.body)).toEqual({
      cluster: 'payments',
      host: '10.0.0.7:8080',
      method: 'GET',
      path: '/pay?x=1',
      requestId: 'r-1',
    });
    const [request] = fixture.pool.received({ requestId: 'r-1' });
    expect(request).toMatchObject({
      host: PAYMENTS,
      protocol,
      method: 'GET',
      path: '/pay?x=1',
      authority: 'pay.example.com',
      headers: { 'x-more': 'a', 'x-meshgate-request': 'r-1' },
      body: '',
      requestId: 'r-1',
      tls: tls ? { serverName: 'pay.example.com', clientCertificate: 'clientCertificate' in tls } : undefined,
    });
    expect(request?.atMs).toBeGreaterThan(before);
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith(':'))).toEqual([]);
  });

  test.each([
    { method: 'HEAD', status: 200, bodyBytes: 0 },
    { method: 'GET', status: 204, bodyBytes: 0 },
    { method: 'GET', status: 304, bodyBytes: 0 },
    { method: 'DELETE', status: 418, bodyBytes: 5 },
  ])('$method answered $status', async ({ method, status, bodyBytes }) => {
    await using fixture = await startFixture();
    fixture.pool.behave({ cluster: 'payments' }, { status, body: 'teapo', headers: { 'X-Told': 'so' } });
    const answer = await fixture.answer({ ...way, method });
    expect(answer).toMatchObject({ status, bodyBytes, headers: { 'x-told': 'so' } });
    expect(answer.headers['content-length']).toBe(status === 204 || status === 304 ? undefined : '5');
    // The connection is still good.
    fixture.pool.behave({ cluster: 'payments' }, undefined);
    expect((await fixture.answer(way)).status).toBe(200);
  });

  test('bodies are read, and 64 KiB of them recorded', async () => {
    await using fixture = await startFixture();
    const body = 'm'.repeat(3 * 1024 * 1024);
    const answer = await fixture.answer({ ...way, method: 'POST', headers: { 'x-meshgate-request': 'big' }, body });
    expect(answer.status).toBe(200);
    expect(fixture.pool.received({ requestId: 'big' })[0]?.body.length).toBe(65_536);
    await fixture.answer({ ...way, method: 'PUT', headers: { 'x-meshgate-request': 'small' }, body: 'füß' });
    expect(fixture.pool.received({ requestId: 'small' })[0]?.body).toBe('füß');
  });

  test('the first n requests fail, counted over all hosts of the selection', async () => {
    await using fixture = await startFixture([spec(PAYMENTS), spec(PAYMENTS_2)]);
    fixture.pool.behave({ cluster: 'payments' }, { failFirst: 3, failStatus: 502 });
    const statuses = [];
    for (const key of [PAYMENTS, PAYMENTS_2, PAYMENTS, PAYMENTS_2, PAYMENTS])
      statuses.push((await fixture.answer(way, key)).status);
    expect(statuses).toEqual([502, 502, 502, 200, 200]);
    fixture.pool.behave({ cluster: 'payments', address: '10.0.0.8' }, { failFirst: 1 });
    expect((await fixture.answer(way)).status).toBe(200);
    expect((await fixture.answer(way, PAYMENTS_2)).status).toBe(503);
    expect((await fixture.answer(way, PAYMENTS_2)).status).toBe(200);
  });

  test.each(['before-headers', 'mid-body'] as const)('reset %s', async (reset) => {
    await using fixture = await startFixture();
    fixture.pool.behave({ cluster: 'payments' }, { reset });
    expect(await fixture.send({ ...way, method: 'POST', body: 'x' })).toMatchObject({
      kind: 'failed',
      reason: 'reset',
    });
    fixture.pool.behave({ cluster: 'payments' }, { reset, failFirst: 1 });
    expect(await fixture.send({ ...way, method: 'POST', body: 'x' })).toMatchObject({
      kind: 'failed',
      reason: 'reset',
    });
    expect(await fixture.send({ ...way, method: 'POST', body: 'x' })).toMatchObject({ kind: 'answer', status: 200 });
  });

  test('a delay comes before the headers; a client that cannot wait gives up', async () => {
    await using fixture = await startFixture();
    fixture.pool.behave({ cluster: 'payments' }, { delayMs: 80 });
    expect((await fixture.answer(way)).latencyMs).toBeGreaterThan(75);
    fixture.pool.behave({ cluster: 'payments' }, { delayMs: 60_000 });
    expect(await fixture.send({ ...way, timeoutMs: 300 })).toMatchObject({ kind: 'failed', reason: 'timeout' });
  });

  test('health checks get the truth and are no traffic; traffic is answered even in maintenance', async () => {
    await using fixture = await startFixture([
      spec(PAYMENTS, {
        healthCheckPaths: ['/healthz', '/warm'],
        healthCheckAnswers: { '/warm': { status: 299, body: 'ok' } },
      }),
    ]);
    const check = (path: string) => fixture.answer({ ...way, path, headers: { 'user-agent': 'Envoy/HC' } });
    expect((await check('/healthz')).status).toBe(200);
    expect(await check('/warm')).toMatchObject({ status: 299, body: 'ok' });
    fixture.pool.setHealth({ cluster: 'payments' }, 'maintenance');
    expect((await check('/healthz')).status).toBe(503);
    expect((await check('/warm')).status).toBe(503);
    expect((await check('/other')).status).toBe(200);
    expect((await fixture.answer({ ...way, path: '/healthz' })).status).toBe(200);
    expect(fixture.pool.received().map(({ path }) => path)).toEqual(['/other', '/healthz']);
    expect(fixture.pool.healthChecks({ cluster: 'payments' })).toBe(4);
    fixture.pool.reset();
    expect((await check('/healthz')).status).toBe(200);
    expect(fixture.pool.received()).toEqual([]);
  });
});

test('documents that filters fetch: a key set and an access token, but not for requests of a check', async () => {
  await using fixture = await startFixture();
  const keys = await fixture.answer({ path: '/.well-known/jwks.json' });
  expect(JSON.parse(keys.body).keys[0]).toMatchObject({ kty: 'EC', alg: 'ES256' });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const token = await fixture.answer({ method: 'POST', path: '/oauth/token', headers: form, body: 'grant_type=x' });
  expect(JSON.parse(token.body)).toMatchObject({ token_type: 'Bearer' });
  const route = await fixture.answer({ path: '/jwks', headers: { 'x-meshgate-request': 'r' } });
  expect(JSON.parse(route.body)).toMatchObject({ cluster: 'payments', path: '/jwks' });
});

test('received requests are found by id, cluster and time', async () => {
  const search = { cluster: 'search', address: '10.0.1.1', port: 80 };
  await using fixture = await startFixture([spec(PAYMENTS), spec(search)]);
  for (const [id, key] of [
    ['a', PAYMENTS],
    ['b', search],
    ['a', search],
  ] as const)
    await fixture.answer({ headers: { 'x-meshgate-request': id } }, key);
  const all = fixture.pool.received();
  expect(all.map(({ requestId, host }) => `${requestId} ${host.cluster}`)).toEqual([
    'a payments',
    'b search',
    'a search',
  ]);
  expect(fixture.pool.received({ requestId: 'a' })).toHaveLength(2);
  expect(fixture.pool.received({ requestId: 'a', cluster: 'search' })).toHaveLength(1);
  expect(fixture.pool.received({ cluster: 'search' })).toHaveLength(2);
  expect(fixture.pool.received({ sinceMs: all[1]?.atMs ?? 0 })).toHaveLength(2);
  expect(fixture.pool.received({ requestId: 'unheard' })).toEqual([]);
});

test('hosts and behaviours that cannot be are refused, naming what is there', async () => {
  await using fixture = await startFixture();
  const { pool } = fixture;
  const unknown = { cluster: 'payments', address: '10.0.0.99', port: 8080 };
  expect(() => pool.portOf(unknown)).toThrow(
    'no stand-in for payments/10.0.0.99:8080; there are: payments/10.0.0.7:8080',
  );
  expect(() => pool.setHealth({ cluster: 'payment' }, 'maintenance')).toThrow('no stand-in is named by payment/*:*');
  expect(() => pool.behave({ cluster: 'payments' }, { status: 42 })).toThrow(
    'status is 42; it must be a whole number from 200 to 599',
  );
  expect(() => pool.behave({ cluster: 'payments' }, { headers: { 'a b': 'c' } })).toThrow(
    'header "a b" cannot be sent',
  );
});

test('many specs at once, the same twice, and more names for one that runs', async () => {
  await using fixture = await startFixture([]);
  const keys = Array.from({ length: 120 }, (_, i) => ({ cluster: `c${i % 7}`, address: `10.1.0.${i}`, port: 80 }));
  await Promise.all([
    fixture.pool.ensure(keys.map((key) => spec(key))),
    fixture.pool.ensure(keys.map((key) => spec(key))),
  ]);
  const ports = new Set(keys.map((key) => fixture.pool.portOf(key)));
  expect(ports.size).toBe(120);
  const [first] = keys;
  if (!first) throw new Error('no key');
  const request = get({ tls: { serverName: 'later.internal' } });
  expect((await fixture.client.send(fixture.address(first), request)).kind).toBe('answer');
  await fixture.pool.ensure([
    spec(first, { healthCheckPaths: ['/later'], certificateNames: { dns: ['later.internal'], uri: [], ip: [] } }),
  ]);
  expect((await fixture.client.send(fixture.address(first), request, 'new')).kind).toBe('answer');
  const check = await fixture.answer({ path: '/later', headers: { 'user-agent': 'Envoy/HC' } }, first);
  expect([check.status, fixture.pool.healthChecks({ cluster: 'c0' })]).toEqual([200, 1]);
});
