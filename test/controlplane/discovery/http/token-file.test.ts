import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokenFile } from '../../../../controlplane/discovery/http/token-file.ts';
import { kubernetesApi, kubernetesSource } from '../../../../controlplane/discovery/sources/kubernetes-source.ts';
import { Answers } from '../answers.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-account-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('a token is read each time, through links as Kubernetes mounts them, and asked with', async () => {
  const tokens: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    tokens.push(headers.authorization);
    response.writeHead(401).end('{"kind":"Status","message":"Unauthorized"}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  await writeFile(join(dir, 'first'), 'first\n');
  await symlink('first', join(dir, 'token'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api = kubernetesApi({ url, token: tokenFile(join(dir, 'token')) });
  const ports = { api, retry: { firstMs: 10, mostMs: 20 } };
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

test.each([
  ['nothing', '\n'],
  ['two lines', 'hunter2\nhunter3'],
  ['control characters', 'hunter2\u0007'],
  ['too much', 'hunter2'.repeat(10_000)],
])('%s is no token, and in no words', async (_, text) => {
  await writeFile(join(dir, 'token'), text);
  const problem = await tokenFile(join(dir, 'token'))().catch((error: Error) => error.message);
  expect(problem).toBe(`${join(dir, 'token')} holds no token: want one line of ASCII`);
});
