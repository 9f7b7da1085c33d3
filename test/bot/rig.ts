import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bot, type BotOptions, startBot } from '../../bot/bot.ts';
import type { Insight } from '../../bot/insight.ts';
import { type BotTiming, DEFAULT_TIMING } from '../../bot/settings.ts';
import { migrateBot } from '../../bot/store/migrate.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { Policy } from '../../pipeline/access/policy.ts';
import type { Answer } from '../../pipeline/commands/answer.ts';
import type { Command, Query } from '../../pipeline/commands/command.ts';
import type { Caller, Pipeline } from '../../pipeline/commands/pipeline.ts';
import type { Actor, PromotionId } from '../../pipeline/ids.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import { openStore } from '../../pipeline/store/open-store.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { ROLE_NAMES } from '../../render/config/access-config.ts';
import { layStore } from '../real/pglite-cluster.ts';
import type { Message } from '../slack/model.ts';
import { startWorkspace, type Workspace, type WorkspaceOptions } from '../slack/workspace.ts';
import { CANARY, SYSTEM, subjectOf, waitingForApproval } from './facts.ts';

export const CHANNEL = 'C0RELEASES';
export const CLOCK = { nowEpochMs: () => Date.now() };

/** As in an installation, only sooner. */
export const QUICK: BotTiming = {
  ...DEFAULT_TIMING,
  editEveryMs: 60,
  tickMs: 25,
  leaseMs: 1_500,
  callMs: 400,
  graceMs: 100,
  backoffMs: 40,
};

/** A pipeline that only notes what it is asked; the state is moved by the tests, as jobs would. */
export type FakePipeline = Pipeline & {
  readonly executed: { readonly command: Command; readonly caller: Caller }[];
  readonly asked: { readonly query: Query; readonly caller: Caller }[];
  onExecute: (command: Command, caller: Caller) => Promise<Answer>;
  onAsk: (query: Query, caller: Caller) => Promise<Answer>;
};
export function fakePipeline(): FakePipeline {
  const pipeline: FakePipeline = {
    executed: [],
    asked: [],
    onExecute: async ({ kind }) => answer('done', `${kind}: done`),
    onAsk: async ({ kind }) => answer('shown', `${kind}: shown`),
    async execute(command, caller) {
      pipeline.executed.push({ command, caller });
      return pipeline.onExecute(command, caller);
    },
    async ask(query, caller) {
      pipeline.asked.push({ query, caller });
      return pipeline.onAsk(query, caller);
    },
  };
  return pipeline;
}
export const answer = (kind: Answer['kind'], title: string): Answer => ({
  kind,
  title,
  blocks: [],
  findings: [],
  promotion: undefined,
});

const ROLES_OF_MANAGERS = Object.fromEntries(ROLE_NAMES.map((role) => [role, ['release-managers']]));

export const insightOf = (over: Partial<Insight> = {}): Insight => ({
  stages: async () => [CANARY],
  gates: async ({ state }) => (state.kind === 'gating' ? [waitingForApproval] : []),
  policy: async () =>
    ({
      groups: [{ name: 'release-managers', members: [], slackUserGroup: 'S0RELEASE' }],
      people: [],
      roles: ROLES_OF_MANAGERS,
    }) as unknown as Policy,
  cells: async () => [],
  fleet: async () => undefined,
  deadlineEpochMs: async () => undefined,
  ...over,
});

/** A store, a workspace, and as many bots as are asked for; all end with it. */
export class Rig implements AsyncDisposable {
  readonly store: PipelineStore;
  readonly dir: string;
  /** Of its promotion. */
  readonly id: PromotionId;
  readonly workspace: Workspace;
  readonly pipeline = fakePipeline();
  readonly logged: string[] = [];
  readonly #things = new AsyncDisposableStack();
  #replicas = 0;

  constructor(store: PipelineStore, dir: string, id: PromotionId, workspace: Workspace, things: AsyncDisposableStack) {
    this.store = store;
    this.dir = dir;
    this.id = id;
    this.workspace = workspace;
    this.#things.use(things);
  }

  async bot(over: Partial<BotOptions> & { readonly timing?: Partial<BotTiming> } = {}): Promise<Bot> {
    this.#replicas += 1;
    const { timing, ...rest } = over;
    const bot = await startBot({
      settings: {
        channel: CHANNEL,
        command: '/mesh',
        boardUrl: undefined,
        sourceUrl: 'https://git.example/mesh/blob/{revision}/{file}#L{line}',
        timing: { ...QUICK, ...timing },
      },
      transport: { kind: 'socket', appToken: this.workspace.appToken },
      botToken: this.workspace.botToken,
      apiUrl: this.workspace.apiUrl,
      store: this.store,
      pipeline: this.pipeline,
      insight: insightOf(),
      people: async () => ({ personOf: async () => undefined }),
      parse: parseWords,
      clock: CLOCK,
      replica: `replica-${this.#replicas}`,
      log: (level, message) => void this.logged.push(`${level} ${message}`),
      ...rest,
    });
    this.#things.use(bot);
    return bot;
  }

  /** Facts, as the pipeline's jobs store them. */
  async happen(events: readonly PromotionEvent[], id: PromotionId = this.id, actor: Actor = SYSTEM): Promise<void> {
    for (const event of events) await this.store.transact((tx) => tx.append(actor, subjectOf(event, id)));
  }

  /** Root messages of promotions: what the bot posted outside of threads. */
  roots(): readonly Message[] {
    return this.workspace
      .messages(CHANNEL)
      .filter(
        ({ threadTs, botId, visibleTo }) => threadTs === undefined && botId !== undefined && visibleTo === undefined,
      );
  }
  root(): Promise<Message> {
    return this.workspace.eventually('the root message', () => this.roots()[0], 15_000);
  }
  showing(words: string): Promise<Message> {
    return this.workspace.eventually(
      `a root message with ${JSON.stringify(words)}`,
      () => this.roots().find(({ blocks, text }) => JSON.stringify([text, blocks]).includes(words)),
      15_000,
    );
  }
  notes(root: Message): readonly Message[] {
    return this.workspace.thread(CHANNEL, root.ts);
  }

  emptyInbox(): Promise<boolean> {
    return pollUntil('an empty inbox', 20_000, new AbortController().signal, async () => {
      const rows = await this.store.sql('SELECT key FROM meshgate.bot_inbox WHERE done_at IS NULL', []);
      return rows.length === 0 || undefined;
    });
  }
  logs(words: string): Promise<boolean> {
    return pollUntil(
      `"${words}" in the log`,
      20_000,
      new AbortController().signal,
      async () => this.logged.some((line) => line.includes(words)) || undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#things.disposeAsync();
  }
}

/** One embedded store for all tests of a file: it takes its time to start. */
export type SharedStore = AsyncDisposable & { readonly store: PipelineStore; readonly dir: string };
export async function sharedStore(): Promise<SharedStore> {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-bot-'));
  await layStore(dir);
  const store = await openStore({ kind: 'pglite', dataDir: dir }, { clock: CLOCK, toolVersion: 'test' });
  return {
    store,
    dir,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A rig with a promotion of its own, and bot tables in which nothing lies. */
export async function startRig(options: WorkspaceOptions, { store, dir }: SharedStore): Promise<Rig> {
  await migrateBot(store);
  for (const { id } of await store.read.openPromotions())
    await store
      .transact((tx) =>
        tx.append(SYSTEM, subjectOf({ kind: 'cancelled', by: SYSTEM, reason: 'of an earlier test' }, id)),
      )
      .catch(() => {});
  await store.sql(
    'TRUNCATE meshgate.bot_inbox, meshgate.bot_signature, meshgate.bot_live, meshgate.bot_note, meshgate.bot_cursor',
    [],
  );
  await using things = new AsyncDisposableStack();
  const workspace = things.use(await startWorkspace(options));
  rigs += 1;
  return new Rig(store, dir, `canary-${rigs}` as PromotionId, workspace, things.move());
}
let rigs = 0;

/** The real parser is the pipeline's; here only what these tests type. */
export const parseWords: BotOptions['parse'] = async (text) => {
  const [word = '', name = '', ...rest] = text.split(/\s+/);
  const reason = rest.join(' ');
  if (word === 'promote')
    return { kind: 'command', command: { kind: 'promote', stage: name as never, revision: undefined, reason } };
  if (word === 'freeze') return { kind: 'command', command: { kind: 'freeze', stage: name as never, reason } };
  if (word === 'reject') return { kind: 'command', command: { kind: 'reject', promotion: name as never, reason } };
  if (word === 'break-glass')
    return {
      kind: 'command',
      command: { kind: 'break-glass', promotion: name as never, gates: ['freeze'], reason, typedStage: '' },
    };
  if (word === 'verify') return { kind: 'query', query: { kind: 'verify', revision: name || undefined } };
  if (word === 'status') return { kind: 'query', query: { kind: 'status' } };
  return { kind: 'usage', problem: `unknown word "${word}"; did you mean status?` };
};
