import { expect, test } from 'vitest';
import { adminAccessProblem, startAdmin } from '../../../controlplane/admin/start-admin.ts';
import { snapshotOf } from '../serve/memory-source.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { adminWorld, soon } from './admin-world.ts';

const TOKEN = 'a-token-of-enough-characters';
const MESH = snapshotOf(edsCluster('one'));

test.each([
  ['localhost', 200],
  ['LOCALHOST:18003', 200],
  ['127.0.0.1:9', 200],
  ['[::1]:18003', 200],
  ['evil.example', 421],
  ['127.0.0.1.evil.example:18003', 421],
  ['localhost.evil.example', 421],
  ['evil@localhost', 421],
  ['[::2]', 421],
])('without a token, a request to the host %s is answered %i', async (host, status) => {
  await using world = await adminWorld();
  for (const path of ['/healthz', '/fleet']) expect((await world.ask(path, { headers: { host } })).status).toBe(status);
  const answer = await world.ask('/fleet', { headers: { host } });
  if (status !== 200) expect(answer.body).toEqual({ problem: expect.stringMatching(/^the Host header/) });
});

test('with a token, whoever has it is answered by whatever name; others get the health endpoints alone', async () => {
  await using world = await adminWorld({ token: TOKEN, snapshot: MESH });
  const headers = { host: 'control-plane.mesh.internal' };
  await soon('ready', async () => (await world.ask('/readyz', { headers })).status === 200 || undefined);
  expect((await world.ask('/healthz', { headers })).status).toBe(200);
  const paths = ['/fleet', '/snapshot', '/endpoints', '/metrics', '/ramp'];
  for (const path of paths) {
    expect(await world.ask(path, { headers })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    });
    for (const authorization of [`Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN])
      expect((await world.ask(path, { headers: { ...headers, authorization } })).status).toBe(401);
    expect((await world.ask(path, { headers: { ...headers, authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  }
  expect((await world.ask('/ramp/one/hold', { method: 'POST', headers })).status).toBe(401);
  expect(world.said.join('\n')).not.toContain(TOKEN);
});

test('beyond this machine it listens with a token only, and with none that is guessed', async () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'control-plane.mesh.internal', ''])
    expect(adminAccessProblem(host, undefined)).toMatch(/^the admin API would obey everybody/);
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost'])
    expect(adminAccessProblem(host, undefined)).toBeUndefined();
  expect(adminAccessProblem('0.0.0.0', TOKEN)).toBeUndefined();
  expect(adminAccessProblem('127.0.0.1', 'short')).toBe('the token of the admin API has less than 16 characters');
  await using world = await adminWorld();
  const start = () => startAdmin({ ...world, host: '0.0.0.0', port: 0, nowEpochMs: Date.now, say: () => {} });
  await expect(start()).rejects.toThrow(/would obey everybody/);
});

test.each([
  ['GET', '/', 404, /^want a path of the admin API/],
  ['GET', '/fleets', 404, /did you mean \/fleet\?$/],
  ['GET', '/fleet/edge-1', 404, /^want a path/],
  ['GET', '/%ff', 400, /not encoded/],
  ['GET', '/fleet?nod=edge', 400, /did you mean node\?$/],
  ['GET', '/fleet?node=a&node=b', 400, /given twice$/],
  ['GET', '/fleet?node=nobody', 404, /^no such node/],
  ['GET', '/snapshot?type=CSD', 400, /^type: want a type/],
  ['GET', '/ramp/one', 404, /^want \/ramp/],
  ['DELETE', '/fleet', 405, /^want GET or HEAD$/],
  ['OPTIONS', '/fleet', 405, /^want GET or HEAD$/],
  ['POST', '/healthz', 405, /^want GET or HEAD$/],
])('%s %s: %i', async (method, path, status, problem) => {
  await using world = await adminWorld({ snapshot: MESH });
  const answer = await world.ask(path, { method, headers: { origin: 'http://evil.example' } });
  expect(answer).toMatchObject({ status, body: { problem: expect.stringMatching(problem) } });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});
