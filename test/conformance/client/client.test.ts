import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { RequestSpec } from '../../../conformance/checks/check.ts';
import { type Client, createClient } from '../../../conformance/client/client.ts';
import { sendTcp } from '../../../conformance/client/send-tcp.ts';
import { createPki, sharedPki } from '../../../conformance/pki/pki.ts';
import { get } from '../upstream/pool-fixture.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A server of one's own, to say on the wire what no proper server would. */
async function listen(server: Server): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}
const saying = (...answers: readonly string[]) =>
  createServer((socket) => {
    let turn = 0;
    socket.on('data', () => {
      const answer = answers[turn++ % answers.length] ?? '';
      if (answer === 'RST') socket.resetAndDestroy();
      else if (answer === 'FIN') socket.end();
      else socket.write(answer);
    });
  });
async function newClient(signal?: AbortSignal): Promise<Client> {
  const client = createClient({ pki: await sharedPki(), ...(signal ? { signal } : {}) });
  cleanUps.push(() => client[Symbol.asyncDispose]());
  return client;
}
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

test('the request goes out as it was written', async () => {
  let seen = '';
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      seen += chunk;
      socket.write(OK);
    });
  });
  const address = await listen(server);
  const request = get({
    method: 'PURGE',
    authority: 'A.Example:99',
    path: '//a/../b?c=%2f#d',
    headers: { 'X-One': '1', two: '' },
  });
  await using client = createClient({ pki: await sharedPki() });
  await client.send(address, request, 'new');
  expect(seen).toBe(
    'PURGE //a/../b?c=%2f#d HTTP/1.1\r\nhost: A.Example:99\r\nX-One: 1\r\ntwo: \r\ncontent-length: 0\r\nConnection: keep-alive\r\n\r\n',
  );
  seen = '';
  await client.send(address, { ...request, method: 'POST', headers: { host: 'other' }, body: 'hé' }, 'new');
  expect(seen).toContain('host: other\r\ncontent-length: 3\r\n');
  expect(seen.endsWith('\r\n\r\nhÃ©') || seen.endsWith('\r\n\r\nhé')).toBe(true);
});

test('answers with repeated headers, chunks, trailers, and a body of which the start is kept', async () => {
  const big = 'x'.repeat(100_000);
  const address = await listen(
    saying(
      `HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 207 X\r\nA: 1\r\na: 2\r\ntransfer-encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n${big}\r\n0\r\nLast: 9\r\n\r\n`,
    ),
  );
  const answer = await (await newClient()).send(address, get());
  expect(answer).toMatchObject({
    kind: 'answer',
    status: 207,
    headers: { a: '1, 2' },
    trailers: { last: '9' },
    bodyBytes: 100_000,
  });
  expect(answer.kind === 'answer' && answer.body.length).toBe(65_536);
});

test.each([
  ['RST', 'reset'],
  ['FIN', 'reset'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', 'timeout'],
  ['SSH-2.0-OpenSSH\r\n', 'protocol'],
  ['HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n', 'protocol'],
  ['', 'timeout'],
])('HTTP/1.1: what comes is %j, the reason %s', async (said, reason) => {
  const address = await listen(saying(said));
  const request = get({ method: 'POST', timeoutMs: reason === 'timeout' ? 200 : 10_000 });
  for (const use of ['new', 'kept'] as const)
    expect(await (await newClient()).send(address, request, use)).toMatchObject({ kind: 'failed', reason });
});

test.each([
  ['RST', 'reset'],
  ['FIN', 'reset'],
  [OK, 'protocol'],
  ['', 'timeout'],
])('h2: what comes is %j, the reason %s', async (said, reason) => {
  const address = await listen(saying(said));
  const request = get({ protocol: 'h2', timeoutMs: reason === 'timeout' ? 200 : 10_000 });
  const answer = await (await newClient()).send(address, request, 'new');
  expect(answer.kind).toBe('failed');
  // Garbage ends the session: which of the two is told depends on which error Node sees first.
  expect(reason === 'protocol' ? ['protocol', 'reset'] : [reason]).toContain(answer.kind === 'failed' && answer.reason);
});

test.each(['http/1.1', 'h2'] as const)('%s: nothing listens', async (protocol) => {
  const server = createServer();
  const address = await listen(server);
  server.close();
  await once(server, 'close');
  const client = await newClient();
  expect(await client.send(address, get({ protocol }))).toMatchObject({ kind: 'failed', reason: 'refused' });
  expect(await client.send(address, get({ protocol, tls: { serverName: 'a' } }))).toMatchObject({ reason: 'refused' });
  expect(await sendTcp(address, Buffer.of(1), { pki: await sharedPki() })).toMatchObject({ reason: 'refused' });
});

test('TLS: another authority is not trusted, a name that does not fit is no matter, h2 must be agreed on', async () => {
  const pki = await sharedPki();
  const secure = async (issuer: typeof pki, ALPNProtocols: string[]) => {
    const { certificate, privateKey } = await issuer.issue({ dns: ['elsewhere.example'], uri: [], ip: [] });
    const server = createTlsServer({ cert: certificate, key: privateKey, ALPNProtocols }, (socket) => {
      socket.on('error', () => undefined).on('data', () => socket.write(OK));
    });
    return listen(server);
  };
  const client = await newClient();
  const tls = { serverName: 'asked.example' };
  const [trusted, stranger] = [await secure(pki, ['http/1.1']), await secure(await createPki(), ['http/1.1', 'h2'])];
  expect(await client.send(trusted, get({ tls }))).toMatchObject({ status: 200 });
  expect(await client.send(stranger, get({ tls }))).toMatchObject({ kind: 'failed', reason: 'tls' });
  expect(await client.send(stranger, get({ tls, protocol: 'h2' }))).toMatchObject({ kind: 'failed', reason: 'tls' });
  expect(await client.send(trusted, get({ tls, protocol: 'h2' }))).toMatchObject({ kind: 'failed', reason: 'tls' });
  const clear = await listen(saying('SSH-2.0\r\n'));
  expect(await client.send(clear, get({ tls }))).toMatchObject({ kind: 'failed', reason: 'tls' });
});

test.each<[string, Partial<RequestSpec>]>([
  ['a space in the path', { path: '/a b' }],
  ['a line end in a header', { headers: { a: 'b\r\nc: d' } }],
  ['a method that is no token', { method: 'GE T' }],
  ['a connection header in h2', { protocol: 'h2', headers: { connection: 'close' } }],
])('a request that the protocol cannot say: %s', async (_what, request) => {
  const address = await listen(saying(OK));
  const http2 = createHttp2Server((_request, response) => response.end());
  const h2Address = await listen(http2 as unknown as Server);
  const answer = await (await newClient()).send(request.protocol === 'h2' ? h2Address : address, get(request));
  expect(answer).toMatchObject({ kind: 'failed', reason: 'protocol' });
});

test('kept connections are shared and new ones are not; a stale one is replaced unless the request may have had an effect', async () => {
  let connections = 0;
  let answersLeft = 3;
  const server = createServer((socket) => {
    connections++;
    socket.on('data', () => {
      if (answersLeft-- > 0) socket.write(OK);
      else {
        answersLeft = 3;
        socket.resetAndDestroy();
      }
    });
  });
  const address = await listen(server);
  const client = await newClient();
  for (let i = 0; i < 3; i++) expect(await client.send(address, get())).toMatchObject({ status: 200 });
  expect(connections).toBe(1);
  expect(await client.send(address, get())).toMatchObject({ status: 200 });
  expect(connections).toBe(2);
  answersLeft = 1;
  expect(await client.send(address, get(), 'kept')).toMatchObject({ status: 200 });
  expect(await client.send(address, get({ method: 'POST' }))).toMatchObject({ kind: 'failed', reason: 'reset' });
  const before = connections;
  await client.send(address, get(), 'new');
  await client.send(address, get(), 'new');
  expect(connections - before).toBe(2);
});

test('an h2 session that is told to go away is left, and requests go on', async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createHttp2Server((_request, response) => response.end('ok'));
  server.on('session', (session) => sessions.push(session));
  const address = await listen(server as unknown as Server);
  const client = await newClient();
  const h2 = get({ protocol: 'h2' });
  await client.send(address, h2);
  await client.send(address, h2);
  expect(sessions).toHaveLength(1);
  sessions[0]?.close();
  await once(sessions[0] as ServerHttp2Session, 'close');
  expect(await client.send(address, h2)).toMatchObject({ status: 200 });
  sessions[1]?.destroy();
  expect(await client.send(address, h2)).toMatchObject({ status: 200 });
});

test('load: answers in the order of the requests, never more at once than allowed', async () => {
  let open = 0;
  let most = 0;
  const server = createHttp2Server((request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      response.end(request.url);
    }, 2);
  });
  const address = await listen(server as unknown as Server);
  const client = await newClient();
  const requestAt = (index: number) => get({ protocol: 'h2', path: `/${index}` });
  const answers = await client.load({ address, requestAt, repeat: 40, concurrency: 6 });
  expect(answers.map((answer) => answer.kind === 'answer' && answer.body)).toEqual(
    Array.from({ length: 40 }, (_, i) => `/${i}`),
  );
  expect(most).toBe(6);
});

test('an aborted run rejects with its reason and leaves nothing open', async () => {
  const address = await listen(saying(''));
  const abort = new AbortController();
  const client = await newClient(abort.signal);
  const waiting = [
    client.send(address, get()),
    client.send(address, get({ protocol: 'h2' }), 'new'),
    sendTcp(address, Buffer.of(1), { pki: await sharedPki(), signal: abort.signal }),
  ];
  const reason = new Error('given up');
  setTimeout(() => abort.abort(reason), 30);
  for (const outcome of await Promise.allSettled(waiting)) expect(outcome).toEqual({ status: 'rejected', reason });
  await expect(client.send(address, get())).rejects.toBe(reason);
});
