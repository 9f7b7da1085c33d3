import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { sendTcp } from '../../../conformance/client/send-tcp.ts';
import { sharedPki } from '../../../conformance/pki/pki.ts';
import { type Fixture, get, PAYMENTS, spec, startFixture } from './pool-fixture.ts';

/** Writes, and resolves with all that came once `enough` says so. */
async function talk(socket: Socket, bytes: string | Buffer, enough: (received: string) => boolean): Promise<string> {
  let received = '';
  socket.on('error', () => undefined);
  if (bytes.length > 0) socket.write(bytes);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.toString('latin1');
    if (enough(received)) break;
  }
  socket.destroy();
  return received;
}
const dial = (fixture: Fixture): Socket => connect(fixture.address().port, '127.0.0.1');

test('raw TCP is echoed, in clear text and in TLS, and recorded with its request id', async () => {
  await using fixture = await startFixture();
  const options = { pki: await sharedPki() };
  const bytes = Buffer.from('\0\x01hello x-meshgate-request: tcp-1\n');
  expect(await sendTcp(fixture.address(), bytes, options)).toMatchObject({ kind: 'answer', bytes });
  const tls = { serverName: 'x' };
  expect(await sendTcp(fixture.address(), bytes, { ...options, tls })).toMatchObject({ kind: 'answer', bytes });
  expect(fixture.pool.received({ requestId: 'tcp-1' })).toMatchObject([
    { protocol: 'tcp', body: bytes.toString(), tls: undefined },
    { protocol: 'tcp', body: bytes.toString(), tls: { serverName: 'x', clientCertificate: false } },
  ]);
  fixture.pool.behave({ cluster: 'payments' }, { reset: 'before-headers' });
  expect(await sendTcp(fixture.address(), bytes, options)).toMatchObject({ kind: 'failed', reason: 'reset' });
  fixture.pool.behave({ cluster: 'payments' }, { body: 'told' });
  expect(await sendTcp(fixture.address(), bytes, { ...options, expectBytes: 4 })).toMatchObject({
    bytes: Buffer.from('told'),
  });
});

test('a client that has sent its part and half-closes gets the whole answer', async () => {
  await using fixture = await startFixture();
  const socket = connect({ port: fixture.address().port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('PO');
  expect(await talk(socket, '', () => false)).toBe('PO');
  const http = connect({ port: fixture.address().port, host: '127.0.0.1', allowHalfOpen: true });
  http.end('GET /half HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(await talk(http, '', () => false)).toContain('"path":"/half"');
});

test('a request in single bytes, and two in one packet', async () => {
  await using fixture = await startFixture();
  const slow = dial(fixture);
  slow.setNoDelay(true);
  const answered = talk(slow, '', (text) => text.includes('/slow"'));
  for (const byte of 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n') await new Promise((resolve) => slow.write(byte, resolve));
  expect(await answered).toContain('HTTP/1.1 200');
  const two = 'GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n';
  expect(await talk(dial(fixture), two, (text) => text.includes('/2"'))).toMatch(/"\/1"[\s\S]*"\/2"/);
});

test('a PROXY protocol header is taken off and remembered, in front of HTTP and of TLS', async () => {
  await using fixture = await startFixture();
  const proxied = 'PROXY TCP4 1.2.3.4 5.6.7.8 10 20\r\n';
  await talk(dial(fixture), `${proxied}GET /clear HTTP/1.1\r\nhost: a\r\n\r\n`, (text) => text.includes('/clear"'));
  const below = dial(fixture);
  below.write(proxied);
  const secure = connectTls({
    socket: below,
    ca: (await sharedPki()).caCertificate,
    checkServerIdentity: () => undefined,
  });
  await talk(secure, 'GET /tls HTTP/1.1\r\nhost: a\r\n\r\n', (text) => text.includes('/tls"'));
  const header = { version: 1, source: '1.2.3.4:10', destination: '5.6.7.8:20' };
  expect(fixture.pool.received()).toMatchObject([
    { path: '/clear', proxyProtocol: header },
    { path: '/tls', proxyProtocol: header, tls: { clientCertificate: false } },
  ]);
});

test('HTTP/2 inside TLS without ALPN, and certificates for the name asked for', async () => {
  await using fixture = await startFixture();
  const socket = connectTls({
    port: fixture.address().port,
    host: '127.0.0.1',
    servername: 'never.heard.of',
    ca: (await sharedPki()).caCertificate,
  });
  await once(socket, 'secureConnect');
  expect(socket.alpnProtocol).toBe(false);
  const names = socket.getPeerX509Certificate()?.subjectAltName;
  expect(names).toContain('DNS:never.heard.of');
  expect(names).toContain('URI:spiffe://mesh/payments');
  const session = connectHttp2('http://a', { createConnection: () => socket });
  const stream = session.request({ ':path': '/no-alpn' });
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(200);
  session.destroy();
});

test('TCP health checks: payloads, speaking first, connecting only', async () => {
  const hex = (text: string) => Buffer.from(text).toString('hex');
  const banner = { cluster: 'mail', address: '10.0.0.1', port: 25 };
  const only = { cluster: 'db', address: '10.0.0.1', port: 5432 };
  await using fixture = await startFixture([
    spec(PAYMENTS, { tcpHealthChecks: [{ send: hex('PING'), receive: [hex('+'), hex('PONG')] }] }),
    spec(banner, { tcpHealthChecks: [{ send: '', receive: [hex('220 ')] }] }),
    spec(only, { tcpHealthChecks: [{ send: '', receive: [] }] }),
  ]);
  const to = (key: typeof only) => connect(fixture.pool.portOf(key), '127.0.0.1');
  expect(await talk(to(PAYMENTS), 'PINGPING', (text) => text.length >= 10)).toBe('+PONG+PONG');
  expect(await talk(to(banner), '', (text) => text.length >= 4)).toBe('220 ');
  to(only).end();
  await expect.poll(() => fixture.pool.healthChecks({ cluster: 'db' }), { timeout: 10_000 }).toBe(1);
  expect(fixture.pool.healthChecks({ cluster: 'payments' })).toBe(2);
  for (const cluster of ['payments', 'mail', 'db']) fixture.pool.setHealth({ cluster }, 'maintenance');
  expect(await talk(to(PAYMENTS), 'PING', () => false)).toBe('');
  expect(await talk(to(banner), '', () => false)).toBe('');
  expect(await fixture.client.send(fixture.address(only), get())).toMatchObject({ kind: 'failed', reason: 'refused' });
  expect((await fixture.answer()).status).toBe(200);
  const port = fixture.pool.portOf(only);
  fixture.pool.setHealth({ cluster: 'db' }, 'serving');
  await expect
    .poll(async () => (await fixture.client.send(fixture.address(only), get())).kind, { timeout: 10_000 })
    .toBe('answer');
  expect(fixture.pool.portOf(only)).toBe(port);
  expect(fixture.pool.received({ cluster: 'mail' })).toEqual([]);
});

test('a WebSocket gets its frames back unmasked, pings as pongs, and a close', async () => {
  await using fixture = await startFixture();
  const upgrade =
    'GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const mask = [1, 2, 3, 4];
  const frame = (opcode: number, text: string) =>
    Buffer.from([
      0x80 | opcode,
      0x80 | text.length,
      ...mask,
      ...Buffer.from(text).map((byte, i) => byte ^ (mask[i % 4] ?? 0)),
    ]);
  const long = Buffer.concat([Buffer.from([0x82, 0xfe, 0x01, 0x00, 0, 0, 0, 0]), Buffer.alloc(256, 'z')]);
  const bytes = Buffer.concat([Buffer.from(upgrade), frame(1, 'hi'), frame(9, 'p'), long, frame(8, '')]);
  const text = await talk(dial(fixture), bytes, () => false);
  expect(text).toContain('sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  expect(text.split('\r\n\r\n')[1]).toBe(`\x81\x02hi\x8a\x01p\x82\x7e\x01\x00${'z'.repeat(256)}\x88\x00`);
  expect(await fixture.answer({ headers: { connection: 'upgrade', upgrade: 'own' } })).toMatchObject({ status: 101 });
});

test('a CONNECT tunnel leads to the stand-in again; over HTTP/2 its bytes come back', async () => {
  await using fixture = await startFixture();
  const through = 'CONNECT db:1 HTTP/1.1\r\nhost: db:1\r\n\r\nGET /inner HTTP/1.1\r\nhost: a\r\n\r\n';
  expect(await talk(dial(fixture), through, (text) => text.includes('/inner"'))).toMatch(/^HTTP\/1.1 200 .*\r\n/);
  expect(fixture.pool.received()).toMatchObject([{ method: 'CONNECT', path: 'db:1' }, { path: '/inner' }]);
  expect(await fixture.answer({ method: 'CONNECT', authority: 'db:1', protocol: 'h2' })).toMatchObject({ status: 200 });
});

test('nothing that a client does is an unhandled error', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  try {
    await using fixture = await startFixture();
    const starts = [
      '',
      'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
      'GET / HTTP/1.1\r\n\0',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x00\x05garbage',
      'PROXY TCP4 ',
      'POST / HTTP/1.1\r\ncontent-length: 99\r\n\r\nx',
      'GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    ];
    for (let i = 0; i < 160; i++) {
      const socket = dial(fixture);
      socket.on('error', () => undefined).resume();
      const noise = Buffer.from(Array.from({ length: (i * 37) % 300 }, (_, k) => (i * 131 + k * k * 17) % 256));
      socket.write(Buffer.concat([Buffer.from(starts[i % starts.length] ?? '', 'latin1'), noise]));
      if (i % 3 === 0) socket.end();
      else if (i % 3 === 1) socket.once('connect', () => socket.resetAndDestroy());
      else socket.once('connect', () => setTimeout(() => socket.destroy(), i % 20));
      if (i % 16 === 0) await once(socket, 'close');
    }
    expect((await fixture.answer()).status).toBe(200);
    expect((await fixture.answer({ protocol: 'h2' })).status).toBe(200);
  } finally {
    process.off('uncaughtException', note).off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});

test('disposing closes every connection, whatever it was doing', async () => {
  const fixture = await startFixture();
  fixture.pool.behave({ cluster: 'payments' }, { delayMs: 60_000 });
  const waiting = [
    fixture.send({ method: 'POST' }),
    fixture.send({ method: 'POST', protocol: 'h2' }),
    fixture.send({ method: 'POST', tls: { serverName: 'a' } }),
  ];
  const idle = dial(fixture);
  await expect.poll(() => fixture.pool.received().length, { timeout: 10_000 }).toBe(3);
  const startedMs = performance.now();
  await fixture.pool[Symbol.asyncDispose]();
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  idle.on('error', () => undefined).resume();
  if (!idle.closed) await once(idle, 'close');
  expect((await Promise.all(waiting)).map((answer) => answer.kind === 'failed' && answer.reason)).toEqual([
    'reset',
    'reset',
    'reset',
  ]);
  expect(await fixture.client.send({ host: '127.0.0.1', port: fixture.pool.portOf(PAYMENTS) }, get())).toMatchObject({
    reason: 'refused',
  });
  await expect(fixture.pool.ensure([spec(PAYMENTS)])).rejects.toThrow('closed');
  await fixture.client[Symbol.asyncDispose]();
});
