import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPki } from '../../../../conformance/pki/pki.ts';
import { tokenFile } from '../../../../controlplane/discovery/http/token-file.ts';
import { inClusterEndpoint } from '../../../../controlplane/discovery/sources/in-cluster.ts';
import { kubernetesApi, kubernetesSource } from '../../../../controlplane/discovery/sources/kubernetes-source.ts';
import { Answers } from '../answers.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-account-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('a pod asks its own API server by what is mounted for it, with a token that is renewed while it runs', async () => {
  const pki = await createPki();
  const { certificate, privateKey } = await pki.issue({ dns: ['kubernetes.default.svc'], uri: [], ip: ['127.0.0.1'] });
  const tokens: (string | undefined)[] = [];
  const server = createServer({ cert: certificate, key: privateKey }, ({ headers }, response) => {
    tokens.push(headers.authorization);
    response.writeHead(401).end('{"kind":"Status","message":"Unauthorized"}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  await writeFile(join(dir, 'ca.crt'), pki.caCertificate);
  await writeFile(join(dir, 'first'), 'first\n');
  await symlink('first', join(dir, 'token'));
  const endpoint = await inClusterEndpoint('127.0.0.1', String((server.address() as AddressInfo).port), dir);
  const ports = { api: kubernetesApi(endpoint), retry: { firstMs: 10, mostMs: 20 } };
  const answers = new Answers(kubernetesSource({ namespace: 'shop', service: 'cart' }, ports));
  try {
    expect(await answers.untilFailed()).toMatch(/answered 401/);
    await writeFile(join(dir, 'first'), 'second\n');
    await expect.poll(() => tokens.at(-1), { timeout: 15_000 }).toBe('Bearer second');
    expect(tokens[0]).toBe('Bearer first');
    await rm(join(dir, 'token'));
    await expect
      .poll(() => (answers.last?.kind === 'failed' ? answers.last.problem : ''), { timeout: 15_000 })
      .toBe(`the token in ${join(dir, 'token')} cannot be read: ENOENT`);
  } finally {
    await answers[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  }
});

test('IPv6, and no service account', async () => {
  await writeFile(join(dir, 'ca.crt'), '');
  expect((await inClusterEndpoint('fd00::1', '443', dir)).url).toBe('https://[fd00::1]:443');
  await expect(inClusterEndpoint('10.0.0.1', '443', join(dir, 'none'))).rejects.toThrow('ENOENT');
});

test.each([
  ['nothing', '\n'],
  ['two lines', 'hunter2\nhunter3'],
  ['control characters', 'hunter2\u0007'],
  ['too much', 'hunter2'.repeat(10_000)],
])('%s is no token, and in no words', async (_, text) => {
  await writeFile(join(dir, 'token'), text);
  const problem = await tokenFile(join(dir, 'token'))().catch((error: Error) => error.message);
  expect(problem).toBe(`${join(dir, 'token')} holds no token: want one line without spaces`);
});
