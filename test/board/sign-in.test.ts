import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CSRF_HEADER } from '../../board/api/types/action.ts';
import type { RunningBoard } from '../../board/server/start-board.ts';
import { sessions } from '../../board/sign-in/sessions.ts';
import type { SlackPeople } from '../../pipeline/access/slack-people.ts';
import type { Command } from '../../pipeline/commands/command.ts';
import { createPipeline } from '../../pipeline/commands/create-pipeline.ts';
import type { Pipeline } from '../../pipeline/commands/pipeline.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import { type SharedStore, sharedStore, type World, world } from '../pipeline/engine/engine-world.ts';
import { meshYaml } from '../pipeline/engine/mesh-yaml.ts';
import { freePort } from '../real/free-port.ts';
import { boardOf, smallDist } from './board-world.ts';
import { Browser } from './browser.ts';
import { decisionsOnBoard } from './decisions-on-board.ts';
import { readEvents } from './events-reader.ts';
import { type RealProvider, startProvider } from './provider.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const things = new AsyncDisposableStack();
const TEAM = 'T0MESH';
const claims = (user: string, name: string, team = TEAM) => ({
  'https://slack.com/team_id': team,
  'https://slack.com/user_id': user,
  name,
});
let shared: SharedStore;
let mesh: World;
let provider: RealProvider;
let board: RunningBoard & { readonly said: string[] };
let inSlack: Pipeline;
/** Accounts that Slack does not know any more. */
const gone = new Set<string>();

/** What the workspace says of its members; the accounts of another one are strangers in it. */
const slack: SlackPeople = {
  async userInfo(identity) {
    if (gone.has(identity)) return undefined;
    const flags = { isDeactivated: false, isBot: false, isGuest: false, isStranger: !identity.includes(`${TEAM}/`) };
    return { canonical: identity, aliases: [], email: undefined, ...flags };
  },
  membersOf: async () => [],
};

beforeAll(async () => {
  shared = things.use(await sharedStore());
  mesh = things.use(
    await world(shared, {
      mesh: (beta, canary) =>
        meshYaml(beta, canary).replaceAll(/unix: \[(\w+)\]/g, (all, name: string) => {
          return `${all}, slack: [${TEAM}/U0${name.toUpperCase()}]`;
        }),
      wrap: (ports) => ({ ...ports, slack }),
    }),
  );
  const dist = things.use(await smallDist()).dir;
  const accounts = {
    ada: claims('U0ADA', 'Ada'),
    bo: claims('U0BO', 'Bo'),
    cyd: claims('U0CYD', 'Cyd'),
    eve: claims('U0EVE', '<b>Eve</b>'),
    foreign: claims('U0ADA', 'Ada', 'T0OTHER'),
    nameless: { name: 'Nobody' },
  };
  // The provider knows beforehand where it sends people back to.
  const port = await freePort();
  provider = things.use(await startProvider(accounts, `http://127.0.0.1:${port}/sign-in/callback`));
  inSlack = createPipeline(mesh.ports);
  const { issuer, clientId, clientSecret } = provider;
  board = things.use(
    await boardOf(shared, mesh, dist, {
      port,
      slack,
      signIn: {
        issuer,
        clientId,
        clientSecret,
        identity: { kind: 'slack' },
        demanded: true,
        pipeline: createPipeline(mesh.ports),
        times: { lastsMs: 3_600_000, idleMs: 1_800_000, renewMs: 600_000 },
      },
    }),
  );
});
afterAll(() => things.disposeAsync());

async function signedIn(who: string): Promise<Browser> {
  provider.next = who;
  const browser = new Browser(board.url);
  await browser.signIn();
  return browser;
}

test('signing in: PKCE, state and nonce; who it is is the person that Slack and access.people know', async () => {
  provider.next = 'ada';
  const browser = new Browser(board.url);
  expect(await browser.me()).toMatchObject({ kind: 'out', demanded: true });
  expect((await browser.ask(`${board.url}/api/stages`)).status).toBe(401);
  const { url } = await browser.signIn('/promotions/canary-7?x=1#cells');
  expect(url).toBe(`${board.url}/promotions/canary-7?x=1#cells`);
  const asked = provider.asked.at(-1)?.searchParams;
  expect(asked?.get('code_challenge_method')).toBe('S256');
  for (const name of ['state', 'nonce', 'code_challenge']) expect(asked?.get(name)?.length).toBeGreaterThan(30);
  const me = await browser.me();
  expect(me).toMatchObject({ kind: 'in', identity: `slack:${TEAM}/U0ADA`, person: 'ada', name: 'Ada' });
  expect(me.kind === 'in' && me.may[mesh.canary]).toContain('approve');
  expect((await browser.ask(`${board.url}/api/stages`)).status).toBe(200);
  const cookie = browser.set.find((line) => line.startsWith('meshgate-session='));
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=Strict/i);
  // The database knows no cookie.
  const rows = await shared.store.sql<{ secret_hash: string }>('SELECT secret_hash FROM meshgate.board_session', []);
  expect(rows.map(({ secret_hash }) => secret_hash)).not.toContain(browser.cookie('meshgate-session'));
});

test.each([
  ['foreign', 'nobody'],
  ['nameless', 'nobody'],
])('somebody of elsewhere (%s) is not let in', async (who, code) => {
  provider.next = who;
  const browser = new Browser(board.url);
  const { url } = await browser.signIn();
  expect(url).toBe(`${board.url}/?sign-in=${code}`);
  expect(await browser.me()).toMatchObject({ kind: 'out' });
});

test('what the board does is what Slack does: the same answers, the same rules, the same rows of the log', async () => {
  const [ada, bo, eve] = [await signedIn('ada'), await signedIn('bo'), await signedIn('eve')];
  const stage = mesh.canary;
  const said: Record<string, unknown>[] = [];
  const both = async (browser: Browser, user: string, command: Command): Promise<void> => {
    const { status, answer } = await browser.act(command);
    expect(status).toBe(200);
    said.push(answer);
    // Said again in Slack by the same person: nothing that is refused or done already changes by that.
    const there = await inSlack.execute(command, { via: 'slack', identity: `slack:${TEAM}/${user}` });
    expect(JSON.parse(JSON.stringify(there))).toEqual(answer);
  };
  await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: 'before it' });
  await mesh.settle();
  const first = await ada.act({ kind: 'promote', stage, revision: undefined, reason: 'on the board' });
  expect(first.answer).toMatchObject({ kind: 'done' });
  await mesh.settle();
  const promotion = `${stage}-1` as PromotionId;
  // Refusals, the same in both.
  await both(ada, 'U0ADA', { kind: 'approve', promotion, binding: undefined, reason: 'mine' });
  await both(eve, 'U0EVE', { kind: 'approve', promotion, binding: undefined, reason: 'let me' });
  await both(eve, 'U0EVE', { kind: 'freeze', stage, reason: 'a whim' });
  await both(bo, 'U0BO', { kind: 'rollback', stage, digest: undefined, reason: 'fire' });
  await both(bo, 'U0BO', { kind: 'approve', promotion, binding: 'f'.repeat(64) as never, reason: 'as I saw it' });
  await both(bo, 'U0BO', { kind: 'cancel', promotion: 'canary-99' as PromotionId, reason: 'x' });
  await both(bo, 'U0BO', { kind: 'release', stage, reason: 'x' });
  expect(said.map(({ kind }) => kind)).toEqual([...Array(6).fill('refused'), 'done']);
  const rows = await shared.store.read.audit(1, 1_000);
  const refusals = rows.filter(({ subject }) => subject.kind === 'refusal' && subject.stage === stage);
  expect(refusals.map(({ actor }) => actor.kind === 'person' && actor.via).slice(0, 4)).toEqual([
    ...['board', 'slack', 'board', 'slack'],
  ]);
  // And the yes of a second person, given on the board, is one that Slack knows of.
  const { answer } = await bo.act({ kind: 'approve', promotion, binding: undefined, reason: 'looks right' });
  expect(answer).toMatchObject({ kind: 'done' });
  const again = await inSlack.execute(
    { kind: 'approve', promotion, binding: undefined, reason: '' },
    { via: 'slack', identity: `slack:${TEAM}/U0BO` },
  );
  expect(again.title).toMatch(/^bo has approved .* already$/);
  await mesh.settle();
  expect(await mesh.standing(promotion)).toBe('promoted');
  const approved = rows.length;
  const after = (await shared.store.read.audit(approved + 1, 100)).find(
    ({ subject }) => subject.kind === 'promotion' && subject.event.kind === 'approved',
  );
  expect(after?.actor).toEqual({ kind: 'person', person: 'bo', via: 'board' });
});

test('one press is done once, however often it is sent', async () => {
  const ada = await signedIn('ada');
  await mesh.commit({});
  const request = crypto.randomUUID();
  const command: Command = { kind: 'promote', stage: mesh.beta, revision: undefined, reason: 'twice' };
  const before = (await shared.store.read.promotions({ stage: mesh.beta, limit: 10 })).length;
  const [one, two] = await Promise.all([ada.act(command, { request }), ada.act(command, { request })]);
  expect(two.answer).toEqual(one.answer);
  expect((await shared.store.read.promotions({ stage: mesh.beta, limit: 10 })).length).toBe(before + 1);
  await mesh.settle();
});

decisionsOnBoard({
  mesh: () => mesh,
  signedIn,
  inSlack: (command, who) =>
    inSlack.execute(command, { via: 'slack', identity: `slack:${TEAM}/U0${who.toUpperCase()}` }),
});

test.each([
  ['another origin', { origin: 'http://evil.example' }],
  ['no origin', { origin: '' }],
  ['the origin of another port', { origin: 'http://127.0.0.1:1' }],
  ['no token', { [CSRF_HEADER]: '' }],
  ['the token of another session', { [CSRF_HEADER]: 'x'.repeat(43) }],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
] as const)('another site makes no browser do anything: %s', async (_, headers: Record<string, string>) => {
  const ada = await signedIn('ada');
  const { status, answer } = await ada.act({ kind: 'stop', reason: 'forged' }, { headers });
  expect([status, answer.rule]).toEqual([403, 'board-cross-site']);
  const out = await ada.ask(`${board.url}/sign-out`, {
    method: 'POST',
    headers: { origin: 'http://evil.example', ...headers },
  });
  expect(out.status).toBe(403);
  expect((await shared.store.read.line()).stopped).toBeUndefined();
});

test('an answer of the provider is good in the browser that asked, once, and with what belongs to it', async () => {
  provider.next = 'ada';
  const isBack = (next: string): boolean => next.startsWith(`${board.url}/sign-in/callback`);
  const victim = new Browser(board.url);
  const attacker = new Browser(board.url);
  const { url } = await attacker.follow(`${board.url}/sign-in`, isBack);
  // Signing somebody else in as oneself.
  expect((await victim.follow(url)).url).toBe(`${board.url}/?sign-in=begin-again`);
  await victim.follow(`${board.url}/sign-in`, isBack);
  expect((await victim.follow(url)).url).toBe(`${board.url}/?sign-in=refused`);
  expect(await victim.me()).toMatchObject({ kind: 'out' });
  // A code that is sent twice, or changed on its way.
  const changed = url.replace(/code=[^&]+/, 'code=another');
  expect((await attacker.follow(changed)).url).toBe(`${board.url}/?sign-in=refused`);
  expect((await attacker.follow(url)).url).toBe(`${board.url}/?sign-in=begin-again`);
  expect(board.said.join('\n')).not.toContain(provider.clientSecret);
});

test.each(['', 'x', 'A'.repeat(43), "' OR 1=1 --", '%00', `${'A'.repeat(43)}; other`])(
  'a forged cookie is nobody: %s',
  async (value) => {
    const browser = new Browser(board.url);
    browser.plant('meshgate-session', value);
    expect(await browser.me()).toMatchObject({ kind: 'out' });
    expect((await browser.ask(`${board.url}/api/stages`)).status).toBe(401);
  },
);

test('a session: its cookie is renewed, ends with time, and is ended by people at once', async () => {
  const ada = await signedIn('ada');
  const first = ada.cookie('meshgate-session');
  shared.clock.at += 700_000;
  await Promise.all([ada.me(), ada.me(), ada.me()]);
  const second = ada.cookie('meshgate-session');
  expect(second).not.toBe(first);
  expect((await ada.me()).kind).toBe('in');
  const old = new Browser(board.url);
  old.plant('meshgate-session', first ?? '');
  expect((await old.me()).kind).toBe('in');
  shared.clock.at += 61_000;
  expect((await old.me()).kind).toBe('out');
  expect((await ada.me()).kind).toBe('in');
  // Nobody was there for half an hour.
  shared.clock.at += 1_900_000;
  expect((await ada.me()).kind).toBe('out');

  const bo = await signedIn('bo');
  const me = await bo.me();
  const kept = bo.cookie('meshgate-session') ?? '';
  const headers = { origin: board.url, [CSRF_HEADER]: me.kind === 'in' ? me.csrf : '' };
  expect((await bo.ask(`${board.url}/sign-out`, { method: 'POST', headers })).status).toBe(200);
  expect(bo.cookie('meshgate-session')).toBeUndefined();
  bo.plant('meshgate-session', kept);
  expect((await bo.me()).kind).toBe('out');

  const [eve, elsewhere] = [await signedIn('eve'), await signedIn('eve')];
  expect(await sessions(shared.store, () => shared.clock.at).endAllOf(`slack:${TEAM}/U0EVE`)).toBeGreaterThanOrEqual(2);
  expect([(await eve.me()).kind, (await elsewhere.me()).kind]).toEqual(['out', 'out']);
});

test('who left Slack does nothing any more, at once', async () => {
  const bo = await signedIn('bo');
  gone.add(`slack:${TEAM}/U0BO`);
  const { answer } = await bo.act({ kind: 'stop', reason: 'a last word' });
  gone.clear();
  expect(answer).toMatchObject({ kind: 'refused', findings: [{ rule: 'unknown-caller' }] });
});

test('events are for those who are signed in', async () => {
  await using out = await readEvents(board.url);
  await out.until('the end', () => out.ended);
  expect(out.events).toEqual([]);
  const ada = await signedIn('ada');
  await using reader = await readEvents(board.url, { cookie: `meshgate-session=${ada.cookie('meshgate-session')}` });
  await reader.until('hello', () => reader.events[0]?.name === 'hello');
});
