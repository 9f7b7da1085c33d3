import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPki, type IssuedCertificate, type Pki } from '../../../../conformance/pki/pki.ts';
import { type HttpEndpoint, httpApi, jsonOf } from '../../../../controlplane/discovery/http/http-api.ts';

let pki: Pki;
let leaf: IssuedCertificate;
beforeAll(async () => {
  pki = await createPki();
  leaf = await pki.issue({ dns: ['localhost'], uri: [], ip: ['127.0.0.1'] });
});
const open: { close(done: () => void): void; closeAllConnections(): void }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
});

async function listening(server: Server | ReturnType<typeof createPlain>): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
const asked: { url: string | undefined; token: string | undefined }[] = [];
const answers: RequestListener = ({ url, headers }, response) => {
  asked.push({ url, token: headers['x-token'] as string | undefined });
  response.end('{"ok":true}');
};
const tls = (more: ServerOptions = {}): Promise<number> =>
  listening(createServer({ cert: leaf.certificate, key: leaf.privateKey, ...more }, answers));
const never = new AbortController().signal;
const get = async (endpoint: HttpEndpoint, path = '/v1/x', timeoutMs = 10_000, maxBytes = 1_000): Promise<unknown> => {
  const api = httpApi(endpoint, (token) => ({ 'x-token': token }));
  return jsonOf(
    await api.get(path, {
      query: [
        ['a', 'b c'],
        ['a', 'd&e'],
      ],
      timeoutMs,
      signal: never,
    }),
    api.origin,
    maxBytes,
  );
};

describe('TLS', () => {
  test('an authority of its own; path, query and token arrive', async () => {
    const port = await tls();
    asked.length = 0;
    const tokens = ['one', 'two'];
    const endpoint = {
      url: `https://127.0.0.1:${port}/prefix/`,
      ca: pki.caCertificate,
      token: async () => tokens.shift(),
    };
    expect([await get(endpoint), await get(endpoint)]).toEqual([{ ok: true }, { ok: true }]);
    expect(asked).toEqual([
      { url: '/prefix/v1/x?a=b+c&a=d%26e', token: 'one' },
      { url: '/prefix/v1/x?a=b+c&a=d%26e', token: 'two' },
    ]);
  });

  test('a server that this authority does not vouch for gets no token', async () => {
    const port = await tls();
    asked.length = 0;
    const stranger = (await createPki()).caCertificate;
    for (const ca of [stranger, undefined]) {
      const endpoint = { url: `https://127.0.0.1:${port}`, ...(ca ? { ca } : {}), token: async () => 'secret' };
      await expect(get(endpoint)).rejects.toThrow(/^https:\/\/127\.0\.0\.1:\d+ cannot be asked: [A-Z_]+$/);
    }
    expect(asked).toEqual([]);
  });

  test('a client shows its own certificate where one is asked for', async () => {
    const port = await tls({ ca: pki.caCertificate, requestCert: true, rejectUnauthorized: true });
    const endpoint = { url: `https://127.0.0.1:${port}`, ca: pki.caCertificate };
    await expect(get(endpoint)).rejects.toThrow('cannot be asked');
    expect(await get({ ...endpoint, cert: leaf.certificate, key: leaf.privateKey })).toEqual({ ok: true });
  });
});

test('nobody there, nobody who answers, and an answer that does not end', async () => {
  const silent = await listening(createPlain(() => {}));
  await expect(get({ url: `http://127.0.0.1:${silent}` }, '/', 50)).rejects.toThrow('no answer within 50 ms');
  const endless = await listening(createPlain((_, response) => void response.write('[')));
  await expect(get({ url: `http://127.0.0.1:${endless}` }, '/', 1_500)).rejects.toThrow('broke off its answer');
  const server = createPlain();
  const port = await listening(server);
  open.pop();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  await expect(get({ url: `http://127.0.0.1:${port}` })).rejects.toThrow('cannot be asked: ECONNREFUSED');
});

test('an answer that is larger than it may be is not read to its end', async () => {
  const port = await listening(createPlain((_, response) => response.end('x'.repeat(100_000))));
  await expect(get({ url: `http://127.0.0.1:${port}` })).rejects.toThrow('answered with more than 1000 bytes');
});

test('a password in the URL is in no words; another protocol is none', async () => {
  const server = await listening(createPlain((_, response) => response.writeHead(500).end()));
  await expect(get({ url: `http://u:hunter2@127.0.0.1:${server}` })).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+ answered 500/,
  );
  expect(() => httpApi({ url: 'ftp://x' }, () => ({}))).toThrow('ftp: is neither http: nor https:');
});
