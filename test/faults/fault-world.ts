import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { freePorts } from '../../cli/demo/free-ports.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { StageRecord } from '../../pipeline/stage/stage-record.ts';
import { type OpenStore, openStore } from '../../pipeline/store/open-store.ts';
import type { StoreLocation } from '../../pipeline/store/store-location.ts';
import { gitTarget } from '../../pipeline/targets/git-target.ts';
import type { Target } from '../../pipeline/targets/target.ts';
import type { StageName } from '../../render/ids.ts';
import { layStore } from '../real/pglite-cluster.ts';
import { isObject, type Message } from '../slack/model.ts';
import { startWorkspace, type Workspace } from '../slack/workspace.ts';
import { FleetNode } from './fleet-node.ts';
import type { Part } from './processes/protocol.ts';
import { Replicas } from './processes/replicas.ts';

const SMALL_MESH = resolve(import.meta.dirname, '../fixtures/mesh-small');
export const CHANNEL = 'C0RELEASES';
export const STAGE = 'canary' as StageName;
const ENDS_WITHIN_MS = 150_000;
const CLICK_AGAIN_MS = 2_500;
/** Keys of the messages that promotions live in. */
const LIVE = 'live:';

const meshYaml = `
branch: main
access:
  people:
    ada: { slack: [T0MESHGATE/U0ADA], emails: [ada@example.com] }
    grace: { slack: [T0MESHGATE/U0GRACE], emails: [grace@example.com] }
    omar: { slack: [T0MESHGATE/U0OMAR], emails: [omar@example.com] }
  groups:
    managers: { members: [ada, grace] }
  roles:
    request: [managers]
    approve: [managers]
    rollback: [managers]
    release: [managers]
    freeze: [managers]
    break-glass: [managers]
observe: { ack_within: 40s, sample: 1s }
stages:
  - name: ${STAGE}
    envoy: ["1.36.4", "1.40.0"]
    node: { cluster: small }
    gates: { approvals: { count: 1, group: managers, expire: 1h } }
    target: { kind: git, repository: live.git, branch: ${STAGE} }
`;

export type FaultWorldOptions = {
  /** Undefined: the embedded store, hosted by whichever process comes first. */
  readonly databaseUrl?: string;
  readonly workers: number;
  readonly bots: number;
  readonly serves: number;
  readonly spares: number;
  readonly env?: Readonly<Record<string, string>>;
};

export type Wish = {
  /** The fleet refuses it, so it comes back. */
  readonly isRefused?: boolean;
  readonly reason?: string;
  /** Of the commit. */
  readonly message?: string;
  readonly author?: string;
};

/** One Meshgate of real processes with a workspace, a repository, a git target and nodes. The test itself hosts no database. */
export class FaultWorld implements AsyncDisposable {
  readonly workspace: Workspace;
  readonly replicas: Replicas;
  readonly nodes: readonly FleetNode[];
  readonly store: OpenStore;
  readonly dir: string;
  readonly #things: AsyncDisposableStack;
  #changes = 0;

  constructor(
    parts: Pick<FaultWorld, 'workspace' | 'replicas' | 'nodes' | 'store' | 'dir'>,
    things: AsyncDisposableStack,
  ) {
    this.workspace = parts.workspace;
    this.replicas = parts.replicas;
    this.nodes = parts.nodes;
    this.store = parts.store;
    this.dir = parts.dir;
    this.#things = things;
  }

  target(): Target {
    return targetIn(this.dir);
  }
  stage(): Promise<StageRecord> {
    return this.store.read.stage(STAGE);
  }

  /** A commit that changes what the stage serves. */
  async change(message = 'change', author = 'Dan'): Promise<void> {
    this.#changes += 1;
    const file = join(this.dir, 'mesh', 'clusters.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/connect_timeout: [\d.]+s/, `connect_timeout: ${1 + this.#changes / 1_000}s`));
    await commit(this.dir, message, author);
  }

  /** What the bot said to the channel itself, oldest first: of promotions, and of drift while a control plane is away. */
  roots(): readonly Message[] {
    return this.workspace
      .messages(CHANNEL)
      .filter(
        ({ threadTs, botId, visibleTo }) => threadTs === undefined && botId !== undefined && visibleTo === undefined,
      );
  }
  /** Those of promotions. */
  promotionRoots(): readonly Message[] {
    return this.roots().filter((root) => keyOf(root).startsWith(LIVE));
  }
  /** `live:canary-3` → `canary-3`. */
  idOf(root: Message): string {
    return keyOf(root).slice(LIVE.length);
  }
  private wordsOf(root: Message): string {
    const now = this.workspace.messages(CHANNEL).find(({ ts }) => ts === root.ts) ?? root;
    return JSON.stringify(now.blocks);
  }

  /** Ada asks in Slack; as people do, she asks again when Slack said that it failed and nothing came of it. */
  async ask(reason = ''): Promise<Message> {
    const before = new Set(this.promotionRoots().map(({ ts }) => ts));
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.workspace
        .as('U0ADA')
        .command('/mesh', `promote ${STAGE}${reason === '' ? '' : ` because ${reason}`}`, CHANNEL);
      const patienceMs = outcome.kind === 'delivered' ? ENDS_WITHIN_MS : 6_000;
      try {
        return await this.workspace.eventually(
          'the root message',
          () => this.promotionRoots().find(({ ts }) => !before.has(ts)),
          patienceMs,
        );
      } catch (error) {
        if (outcome.kind === 'delivered' || attempt === 8) throw error;
      }
    }
  }

  /** Resolves when the message shows one of these words; Grace approves on the way, as long as the button is there. */
  async until(root: Message, ends: readonly string[], options: { readonly approves?: boolean } = {}): Promise<string> {
    let clickedAtMs = Number.NEGATIVE_INFINITY;
    return this.workspace.eventually(
      `${this.idOf(root)} ${ends.join(' or ')}`,
      () => {
        const words = this.wordsOf(root);
        const found = ends.find((end) => words.includes(`*${end}*`));
        if (found !== undefined) return found;
        const now = performance.now();
        if ((options.approves ?? true) && words.includes('mesh_approve') && now - clickedAtMs > CLICK_AGAIN_MS) {
          clickedAtMs = now;
          // The button may go while she presses it.
          void (async () => this.workspace.as('U0GRACE').click(root, 'mesh_approve'))().catch(() => {});
        }
        return undefined;
      },
      ENDS_WITHIN_MS,
    );
  }

  /** From a new commit to the end of its promotion, and its outcome in the thread. */
  async promote(wish: Wish = {}): Promise<{ readonly root: Message; readonly end: string }> {
    await this.change(wish.message, wish.author);
    for (const node of this.nodes) node.refuses = wish.isRefused ?? false;
    const root = await this.ask(wish.reason);
    const end = await this.until(root, ENDS);
    await this.outcome(root);
    for (const node of this.nodes) node.refuses = false;
    return { root, end };
  }

  async outcome(root: Message): Promise<Message> {
    return this.workspace.eventually(
      `the outcome of ${this.idOf(root)}`,
      () => this.workspace.thread(CHANNEL, root.ts).find(({ broadcast }) => broadcast),
      ENDS_WITHIN_MS,
    );
  }

  /** After a rollback people let the stage go on; they ask again when nothing came of it. */
  async release(): Promise<void> {
    let askedAtMs = Number.NEGATIVE_INFINITY;
    await pollUntil('the hold is released', ENDS_WITHIN_MS, new AbortController().signal, async () => {
      if ((await this.stage()).hold === undefined) return true;
      const now = performance.now();
      if (now - askedAtMs > CLICK_AGAIN_MS) {
        askedAtMs = now;
        await this.workspace.as('U0ADA').command('/mesh', `release ${STAGE} it was a test`, CHANNEL);
      }
      return undefined;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#things.disposeAsync().then();
  }
}

/** States in which nothing goes on by itself: good ends, and those that a test must hear of at once. */
export const ENDS = [
  'promoted',
  'rolled back',
  'rejected',
  'cancelled',
  'expired',
  'could not be judged or done',
  'nobody could tell: people decide',
];

const targetIn = (dir: string): Target =>
  gitTarget({ repository: 'live.git', branch: STAGE, baseDir: dir, scratchDir: dir });

async function commit(dir: string, message: string, author = 'Dan'): Promise<void> {
  const cwd = join(dir, 'mesh');
  await execa('git', ['add', '--all'], { cwd });
  const as = ['-c', `user.name=${author}`, '-c', 'user.email=dan@example.com', '-c', 'commit.gpgSign=false'];
  await execa('git', [...as, 'commit', '--quiet', '--no-verify', '-m', message], { cwd });
}

export const keyOf = ({ metadata }: Message): string =>
  isObject(metadata?.event_payload) ? String(metadata.event_payload.key) : '';

export async function startFaultWorld(options: FaultWorldOptions): Promise<FaultWorld> {
  await using things = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'mesh-faults-'));
  things.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const config = join(dir, 'mesh');
  await cp(SMALL_MESH, config, { recursive: true });
  // Its checks name stages of its own; what is proved here is told by a stand-in.
  await rm(join(config, 'checks'), { recursive: true });
  await writeFile(join(config, 'mesh.yaml'), meshYaml);
  await execa('git', ['init', '--quiet', '--initial-branch=main'], { cwd: config });
  await commit(dir, 'The mesh');

  const workspace = things.use(await startWorkspace({ rateSpeed: 0 }));
  const replicas = things.use(new Replicas({ spares: options.spares, ...(options.env ? { env: options.env } : {}) }));
  const location: StoreLocation = options.databaseUrl
    ? { kind: 'postgresql', url: options.databaseUrl }
    : { kind: 'pglite', dataDir: join(dir, 'store') };
  if (location.kind === 'pglite') await layStore(location.dataDir);
  const ports = await freePorts(options.serves);
  const part = (role: Part['role'], index: number): Part => ({
    role,
    name: `${role}-${index + 1}`,
    location,
    config,
    targets: dir,
    stage: STAGE,
    slack: { botToken: workspace.botToken, appToken: workspace.appToken, apiUrl: workspace.apiUrl },
    port: ports[index] ?? 0,
  });
  const count = { worker: options.workers, bot: options.bots, serve: options.serves };
  // The first one makes the database; the others find it.
  await replicas.start(part('worker', 0));
  const others = (['worker', 'bot', 'serve'] as const).flatMap((role) =>
    Array.from({ length: count[role] }, (_, index) => part(role, index)).slice(role === 'worker' ? 1 : 0),
  );
  await Promise.all(others.map((each) => replicas.start(each)));
  const store = things.use(await openStore(location, { clock: { nowEpochMs: () => Date.now() }, toolVersion: 'test' }));
  const nodes = ports.map((port, index) => things.use(new FleetNode(`edge-${index + 1}`, port)));
  await workspace.eventually(
    'all bots connected',
    () => workspace.sockets.connections >= options.bots || undefined,
    30_000,
  );
  return new FaultWorld({ workspace, replicas, nodes, store, dir }, things.move());
}
