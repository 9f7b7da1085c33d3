import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listenProblem, type RunningBoard } from '../../board/server/start-board.ts';
import { localPath } from '../../board/sign-in/local-path.ts';
import { type SharedStore, sharedStore, type World, world } from '../pipeline/engine/engine-world.ts';
import { boardOf, type Given, send, smallDist } from './board-world.ts';
import { readEvents } from './events-reader.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const things = new AsyncDisposableStack();
let shared: SharedStore;
let mesh: World;
let dist: string;
let board: RunningBoard & { readonly said: string[] };
beforeAll(async () => {
  shared = things.use(await sharedStore());
  mesh = things.use(await world(shared));
  dist = things.use(await smallDist()).dir;
  board = things.use(await boardOf(shared, mesh, dist));
});
afterAll(() => things.disposeAsync());

const ruleOf = ({ body }: Given): string => JSON.parse(body.toString('utf8')).rule;

test.each([
  ['a page', '/', {}, 200],
  ['a deep link', '/promotions/canary-7', {}, 200],
  ['an asset', '/assets/main-C0FFEE12.js', {}, 200],
  ['an answer', '/api/me', {}, 200],
  ['a refusal', '/api/promotions/none', {}, 404],
  ['another host', '/api/me', { host: 'evil.example' }, 421],
  ['a bad question', '/api/history?limit=9999', {}, 400],
])('every answer has the headers that keep a browser from harm: %s', async (_, path, headers, status) => {
  const given = await send(`${board.url}${path}`, { headers });
  expect(given.status).toBe(status);
  const policy = String(given.headers['content-security-policy']);
  expect(policy).toMatch(/^default-src 'none'; /);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|data:|\*|https?:/);
  expect(given.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(given.headers['permissions-policy']).toContain('camera=()');
  expect(given.headers['access-control-allow-origin']).toBeUndefined();
});

test('pages are compressed once, kept as long as their name says, and found under every address', async () => {
  const html = await send(`${board.url}/`);
  expect(html.headers['cache-control']).toBe('no-cache');
  expect((await send(`${board.url}/mesh/canary/services/a%2Fb`)).body).toEqual(html.body);
  const again = await send(`${board.url}/`, { headers: { 'if-none-match': String(html.headers.etag) } });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  const script = `${board.url}/assets/main-C0FFEE12.js`;
  const plain = await send(script);
  expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const br = await send(script, { headers: { 'accept-encoding': 'gzip, br' } });
  const gz = await send(script, { headers: { 'accept-encoding': 'gzip, br;q=0' } });
  expect([br.headers['content-encoding'], gz.headers['content-encoding']]).toEqual(['br', 'gzip']);
  expect([brotliDecompressSync(br.body), gunzipSync(gz.body)]).toEqual([plain.body, plain.body]);
  expect(br.body.length).toBeLessThan(plain.body.length / 4);
  for (const path of ['/assets/none.js', '/assets/../index.html/x', '/api', '/assets/%2e%2e/%2e%2e/package.json'])
    expect((await send(`${board.url}${path}`)).status).not.toBe(500);
  expect((await send(`${board.url}/assets/none.js`)).status).toBe(404);
});

test('what did not change is not sent again', async () => {
  const first = await send(`${board.url}/api/audit/verify`);
  const headers = { 'if-none-match': String(first.headers.etag) };
  expect(await send(`${board.url}/api/audit/verify`, { headers })).toMatchObject({ status: 304 });
  expect(first.headers['cache-control']).toBe('private, no-cache');
});

test.each([
  ['evil.example', 421],
  ['127.0.0.1.evil.example', 421],
  ['localhost@evil.example', 400],
  ['', 400],
  ['localhost', 200],
  ['127.0.0.1:1', 200],
  ['[::1]:80', 200],
])('a page of another name does not reach it (DNS rebinding): %s', async (host, status) => {
  const given =
    host === ''
      ? await raw('GET /api/me HTTP/1.1\r\n\r\n')
      : (await send(`${board.url}/api/me`, { headers: { host } })).status;
  expect(given).toBe(status);
});

test('without sign-in nothing is done, and the answer says why', async () => {
  const command = { kind: 'stop', reason: 'because' };
  const body = JSON.stringify({ command, request: crypto.randomUUID() });
  const headers = { 'content-type': 'application/json', origin: board.url };
  const given = await send(`${board.url}/api/commands`, { method: 'POST', headers, body });
  expect([given.status, ruleOf(given)]).toEqual([403, 'board-read-only']);
  expect(JSON.parse(given.body.toString('utf8')).want).toMatch(/Slack/);
  for (const path of ['/sign-in', '/sign-out', '/api/stages', '/'])
    expect((await send(`${board.url}${path}`, { method: 'POST', headers, body: '{}' })).status).toBe(404);
  expect((await shared.store.read.line()).stopped).toBeUndefined();
});

test.each([
  ['another site', {}, { 'sec-fetch-site': 'cross-site' }, 403],
  ['too much', { body: 'x'.repeat(100_000) }, {}, 413],
  ['no JSON', { body: '{' }, {}, 400],
  ['a form', { body: 'command=stop' }, { 'content-type': 'text/plain' }, 400],
  ['an unknown command', { body: '{"command":{"kind":"format"},"request":"x"}' }, {}, 400],
  ['a command with more', { body: '{"command":{"kind":"stop","reason":"","by":"ada"}}' }, {}, 400],
])('a request that is not one of ours is refused: %s', async (_, rest, headers, status) => {
  const given = await send(`${board.url}/api/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{}',
    ...rest,
  });
  expect([given.status, board.said]).toEqual([status, []]);
});

test.each(
  [
    `history?person=${'x'.repeat(300)}`,
    'history?before=-1',
    'history?unknown=1',
    'history?digest=zz',
    'history?fromEpochMs=1e400',
    'mesh/canary?minutes=0',
    'mesh/canary?minutes=999999',
    'fleet?sort=1',
    'compare?from=a',
    `fleet?text=${'y'.repeat(20_000)}`,
  ].map((path) => [path.slice(0, 40), path]),
)('a question that is none is 400, or too long for any server: %s', async (_, path) => {
  const given = await send(`${board.url}/api/${path}`);
  expect([400, 431]).toContain(given.status);
});

test.each(["'; DROP TABLE meshgate.audit; --", '%00', '%E2%80%AE', '__proto__', '..%2F..%2Fetc%2Fpasswd', '<script>'])(
  'a hostile name is a name that nothing has: %s',
  async (name) => {
    const text = encodeURIComponent(decodeURIComponent(name));
    for (const path of [`promotions/${text}`, `mesh/${text}`, `mesh/${mesh.beta}/services/${text}`])
      expect((await send(`${board.url}/api/${path}`)).status).toBe(404);
    for (const query of [`person=${text}`, `service=${text}`, `stage=${text}`, `kind=${text}`])
      expect((await send(`${board.url}/api/history?${query}`)).status).toBe(200);
    expect(board.said).toEqual([]);
  },
);

test('it listens beyond this machine only with sign-in, or where somebody said so, and by its own name', () => {
  const on = (host: string, given: Partial<Parameters<typeof listenProblem>[1]>) =>
    listenProblem(host, { signIn: false, publicUrl: undefined, isOpen: false, ...given });
  const publicUrl = 'https://board.example';
  expect(on('127.0.0.1', {})).toBeUndefined();
  expect(on('::1', {})).toBeUndefined();
  expect(on('0.0.0.0', {})).toMatch(/--issuer/);
  expect(on('board.example', { publicUrl })).toMatch(/--issuer/);
  expect(on('0.0.0.0', { signIn: true })).toMatch(/--url/);
  expect(on('0.0.0.0', { isOpen: true, publicUrl })).toBeUndefined();
  expect(on('0.0.0.0', { signIn: true, publicUrl })).toBeUndefined();
});

test('pages hear what happens; one that was away is told what it missed, also by another process', async () => {
  await using first = await readEvents(board.url);
  await using second = await readEvents(board.url);
  await first.until('hello', () => first.events[0]?.name === 'hello');
  const id = `${mesh.beta}-1`;
  await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: 'first' });
  const heard = (reader: typeof first) => () =>
    reader.changes().some((change) => change.kind === 'promotion' && change.promotion === id);
  await first.until('the promotion', heard(first));
  await second.until('the promotion', heard(second));
  const { lastId } = first;

  // The board ends under its pages, and things happen meanwhile.
  await board[Symbol.asyncDispose]();
  await first.until('the end', () => first.ended);
  await mesh.settle();
  await mesh.as('ada')({ kind: 'freeze', stage: mesh.canary, reason: 'a holiday' });
  board = things.use(await boardOf(shared, mesh, dist));

  await using back = await readEvents(board.url, { 'last-event-id': lastId });
  const kinds = () => new Set(back.changes().map((change) => change.kind));
  await back.until(
    'what was missed',
    () => kinds().has('stage') && kinds().has('promotion') && kinds().has('progress'),
  );
  const seqs = back.changes().flatMap((change) => (change.kind === 'audit' ? [change.seq] : []));
  const [head] = await shared.store.sql<{ seq: number }>('SELECT seq FROM meshgate.chain_head', []);
  expect(seqs.at(-1)).toBe(Number(head?.seq));
  expect(
    back
      .changes()
      .filter((change) => change.kind === 'stage')
      .map((change) => 'stage' in change && change.stage),
  ).toEqual(expect.arrayContaining([mesh.beta, mesh.canary]));
  // Nothing is told twice of one thing, however often it changed.
  const [batch] = back.events.filter(({ name }) => name === 'change');
  const told = ((batch?.data ?? []) as { kind: string; promotion?: string; stage?: string }[]).map(
    (one) => `${one.kind} ${one.promotion ?? one.stage}`,
  );
  expect(new Set(told).size).toBe(told.length);
});

test.each(['nonsense', '999999999-0', '0'])(
  'who heard it from elsewhere (%s) is told to fetch everything',
  async (id) => {
    await using reader = await readEvents(board.url, { 'last-event-id': id });
    await reader.until('reset', () => reader.events.some(({ name }) => name === 'reset'));
  },
);

test('a page that does not read holds nothing up, and is told the newest when it does', async () => {
  await using slow = await readEvents(board.url);
  await slow.until('hello', () => slow.events.length > 0);
  slow.pause();
  await using quick = await readEvents(board.url);
  await quick.until('hello', () => quick.events.length > 0);
  for (let turn = 0; turn < 30; turn++) {
    await mesh.as('ada')({ kind: turn % 2 ? 'unfreeze' : 'freeze', stage: mesh.beta, reason: `turn ${turn}` });
  }
  const [head] = await shared.store.sql<{ seq: number }>('SELECT seq FROM meshgate.chain_head', []);
  const newest = (reader: typeof slow) => reader.changes().findLast((change) => change.kind === 'audit');
  await quick.until('the newest', () => newest(quick)?.seq === Number(head?.seq));
  expect(board.said).toEqual([]);
});

test.each([
  ['/promotions/x', '/promotions/x'],
  [undefined, '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?to=/x', '/'],
  ['/a/../../b', '/b'],
])('where people go back to is a page of this board: %s', (given, path) => {
  expect(localPath(given)).toBe(path);
});

async function raw(text: string): Promise<number> {
  const socket = connect(board.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(chunk.toString('latin1').split(' ')[1]);
}
