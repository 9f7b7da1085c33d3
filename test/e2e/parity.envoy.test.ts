import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boardReads } from '../../board/read/board-reads.ts';
import { controlPlanes } from '../../board/read/control-planes.ts';
import { answerMessage } from '../../bot/render/answer-message.ts';
import { openStoreOf } from '../../cli/open-store.ts';
import type { Answer } from '../../pipeline/commands/answer.ts';
import { ALIASES, WORDS, type Word } from '../../pipeline/commands/words.ts';
import { gitSource } from '../../pipeline/engine/source/git-source.ts';
import { readRevisions } from '../../pipeline/engine/source/read-revisions.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import { storeFleetView } from '../../pipeline/observe/store-fleet-view.ts';
import { storeServiceMap } from '../../pipeline/observe/store-service-map.ts';
import { expectSameStatus, expectSameWhy } from '../board/same-words.ts';
import type { Message } from '../slack/model.ts';
import { startWorkspace, type Workspace } from '../slack/workspace.ts';
import { inProcess } from './in-process.ts';
import { SMALL_MESH } from './sandbox.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CHANNEL = 'C0RELEASES';

/**
 * For each word something to say whose answer is the same however often it is said: no worker runs, so nothing moves meanwhile. The same
 * person says it in Slack and on the command line.
 */
const SAID: { readonly [W in Word]: readonly string[] } = {
  promote: ['promote nowhere', 'promote canary'],
  approve: ['approve beta-99', 'approve beta-1'],
  reject: ['reject beta-99 because it is not there'],
  cancel: ['cancel beta-99'],
  retry: ['retry beta-1'],
  rollback: ['rollback beta because of the fire', 'rollback beta 0123abcd because of the fire'],
  release: ['release beta because the cause is gone', 'release canary'],
  freeze: ['freeze beta because it is frozen already'],
  unfreeze: ['unfreeze canary'],
  stop: ['stop', 'stop because it stands already'],
  resume: ['resume because the fire is out'],
  'break-glass': ['break-glass beta-1 canary --gates soak because nobody is awake'],
  confirm: ['confirm beta-1'],
  reconcile: ['reconcile beta'],
  adopt: ['adopt beta because the hotfix stays'],
  status: ['status'],
  plan: ['plan beta', 'plan nowhere', 'plan beta nonsense'],
  why: ['why beta-1', 'why', 'why beta-99'],
  history: ['history', 'history canary'],
  verify: ['verify nonsense'],
  help: [],
};
/** What needs a reason and has none: refused in a terminal, asked for in a form in Slack. */
const WITHOUT_REASON = ['reject beta-1', 'rollback beta', 'freeze'];
/** Without the role: a refusal that names who can. */
const REFUSED = ['resume because the fire is out', 'freeze because I may not', 'unfreeze canary'];

const meshYaml = (login: string): string => `
branch: main
slack: { channel: mesh-releases }
access:
  people:
    ada: { unix: [${login}], slack: [T0MESHGATE/U0ADA], emails: [ada@mesh.example] }
    bo: { slack: [T0MESHGATE/U0GRACE], emails: [bo@mesh.example] }
  groups:
    managers: { members: [ada, bo] }
    watchers: { members: [bo] }
  roles:
    freeze: [managers]
    stages: { canary: { freeze: [watchers] } }
stages:
  - name: beta
    envoy: ["1.40.0"]
    node: { cluster: small-beta }
    target: { kind: git, repository: live, branch: beta }
  - name: canary
    envoy: ["1.40.0"]
    node: { cluster: small }
    target: { kind: git, repository: live, branch: canary }
`;

let dir: string;
let workspace: Workspace;
const things = new AsyncDisposableStack();

const inTerminal = (...args: string[]): ReturnType<typeof inProcess> =>
  inProcess(args, { cwd: dir, env: { MESHGATE_DATA_DIR: join(dir, 'data'), PATH: process.env.PATH ?? '' } });

/** What the bot says to Ada alone after she said it. */
async function inSlack(text: string): Promise<Message> {
  const ada = workspace.as('U0ADA');
  const before = ada.sees(CHANNEL).filter(({ visibleTo }) => visibleTo === 'U0ADA').length;
  await ada.command('/mesh', text, CHANNEL);
  return workspace.eventually(
    `an answer to ${text}`,
    () => ada.sees(CHANNEL).filter(({ visibleTo }) => visibleTo === 'U0ADA')[before],
    30_000,
  );
}

/** Slack names the blocks that the app did not. */
const unnamed = (blocks: readonly unknown[]): unknown =>
  (JSON.parse(JSON.stringify(blocks)) as Record<string, unknown>[]).map(({ block_id: _, ...rest }) => rest);

beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'mesh-parity-')));
  things.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  await cp(SMALL_MESH, join(dir, 'config'), { recursive: true });
  await rm(join(dir, 'config/checks'), { recursive: true });
  await writeFile(join(dir, 'config/mesh.yaml'), meshYaml(userInfo().username));
  const git = (...args: string[]) => execa('git', args, { cwd: join(dir, 'config') });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('-c', 'user.name=Dan', '-c', 'user.email=dan@mesh.example', 'commit', '--quiet', '-m', 'the mesh');
  workspace = things.use(await startWorkspace({ rateSpeed: 0 }));
  const bot = execa(process.execPath, [join(ROOT, 'cli/main.ts'), 'bot', '--mode', 'socket', '--channel', CHANNEL], {
    cwd: dir,
    stdin: 'ignore',
    reject: false,
    env: {
      MESHGATE_DATA_DIR: join(dir, 'data'),
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SLACK_API_URL: workspace.apiUrl,
    },
  });
  things.defer(async () => {
    bot.kill('SIGTERM');
    await bot;
  });
  await new Promise<void>((ready, failed) => {
    bot.stdout.on('data', (text) => String(text).includes('connected') && ready());
    void bot.then(({ stderr }) => failed(new Error(`the bot ended: ${stderr}`)));
  });
  for (const said of [
    'promote beta because it is the first',
    'freeze beta because of the test',
    'stop because of it',
  ]) {
    const { exitCode, stdout, stderr } = await inTerminal(...said.split(' '));
    expect({ said, exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
  }
});
afterAll(() => things.disposeAsync());

test.each([...Object.values(SAID).flat(), ...REFUSED])(
  '%s: Slack and the command line answer the same',
  async (said) => {
    const { stdout, stderr } = await inTerminal(...said.split(' '), '--json');
    const message = await inSlack(said);
    const answer = JSON.parse(stdout) as Answer & { readonly error?: string };
    if (answer.error !== undefined) {
      // It is no command: the same words, and nothing is asked of the pipeline.
      expect(stderr).toContain(answer.error);
      expect(JSON.stringify(message.blocks)).toContain(answer.error.slice(0, 60));
      return;
    }
    const want = answerMessage({ ...answer, promotion: undefined }, () => undefined);
    expect({ text: message.text, blocks: unnamed(message.blocks ?? []) }).toEqual({
      text: want.text,
      blocks: unnamed(want.blocks),
    });
  },
);

test('the board says the same as the command line of a promotion and of the stages', async () => {
  const env = { MESHGATE_DATA_DIR: join(dir, 'data') };
  await using store = await openStoreOf(undefined, { env, cwd: dir });
  const nowEpochMs = (): number => Date.now();
  const source = gitSource({ dir: join(dir, 'config'), branch: 'main', remote: undefined });
  const reads = boardReads({
    store,
    clock: { nowEpochMs },
    source,
    revisions: readRevisions({
      source,
      defaultEnvoyVersions: ['1.40.0'],
      jsonnet: async () => ({ kind: 'failed', cause: 'error', message: 'no jsonnet here' }),
    }),
    fleet: storeFleetView(store, nowEpochMs),
    serviceMap: storeServiceMap(store),
    controlPlanes: controlPlanes({ places: [], nowEpochMs }),
    slackUrl: undefined,
  });
  const said = async (...args: string[]): Promise<Answer> => JSON.parse((await inTerminal(...args, '--json')).stdout);
  const view = await reads.promotion('beta-1' as PromotionId);
  if (!view) throw new Error('the board does not know beta-1');
  expectSameWhy(view, await said('why', 'beta-1'));
  expectSameStatus(await reads.stages(), await said('status'));
});

test.each(WITHOUT_REASON)('%s: the reason is asked for', async (said) => {
  const { exitCode, stdout } = await inTerminal(...said.split(' '));
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringContaining('reason-missing') });
  const forms = () => [...workspace.state.views.values()].filter(({ kind }) => kind === 'modal').map(({ id }) => id);
  const before = forms();
  await workspace.as('U0ADA').command('/mesh', said, CHANNEL);
  await workspace.eventually(`a form for ${said}`, () => forms().find((id) => !before.includes(id)), 30_000);
});

test('each word is in the help of both faces, and so is each other name', async () => {
  const { stdout } = await inTerminal('--help');
  const inChat = JSON.stringify((await inSlack('help')).blocks);
  for (const word of WORDS) {
    expect(stdout).toMatch(new RegExp(`^  ${word}\\b`, 'm'));
    expect(inChat).toMatch(new RegExp(`(?:\\\\n|\`)${word}\\b`));
    expect(SAID[word].length).toBeGreaterThan(word === 'help' ? -1 : 0);
  }
  for (const [alias, word] of Object.entries(ALIASES).filter(([name]) => name !== '?')) {
    const [byAlias, byWord] = await Promise.all([inTerminal(alias, 'nowhere', 'x'), inTerminal(word, 'nowhere', 'x')]);
    expect(byAlias.exitCode).toBe(byWord.exitCode);
  }
});
