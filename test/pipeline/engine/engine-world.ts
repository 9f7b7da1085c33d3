import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { createPipeline } from '../../../pipeline/commands/create-pipeline.ts';
import type { Pipeline } from '../../../pipeline/commands/pipeline.ts';
import { jobHandlers } from '../../../pipeline/engine/job-handlers.ts';
import type { CellOutcome, CellRequest, EnginePorts } from '../../../pipeline/engine/ports.ts';
import { gitSource } from '../../../pipeline/engine/source/git-source.ts';
import { readRevisions } from '../../../pipeline/engine/source/read-revisions.ts';
import type { PromotionId, Revision } from '../../../pipeline/ids.ts';
import type { Observation } from '../../../pipeline/observe/observation.ts';
import type { Promotion } from '../../../pipeline/promotion/promotion.ts';
import type { Job, JobRun } from '../../../pipeline/store/job.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import type { PipelineStore } from '../../../pipeline/store/pipeline-store.ts';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import { openTarget } from '../../../pipeline/targets/open-target.ts';
import type { Target } from '../../../pipeline/targets/target.ts';
import { renderFinding } from '../../../render/finding.ts';
import type { StageName } from '../../../render/ids.ts';
import { layStore } from '../../real/pglite-cluster.ts';
import { startStoreProcess } from '../store/start-store-process.ts';
import { deliveryOf } from '../targets/deliveries.ts';
import { counted, type HeldJob, heldJobs, isOf } from './held-jobs.ts';
import { meshYaml } from './mesh-yaml.ts';

const SMALL_MESH = resolve(import.meta.dirname, '../../fixtures/mesh-small');
const STARTED = Date.UTC(2026, 0, 5, 9); // a Monday

/** A mesh of its own: repository, targets and people; the fleet, the Envoys and the time are told what to do. */
export interface World extends AsyncDisposable {
  readonly dir: string;
  /** The names of its two stages: all worlds of a file share a store. */
  readonly beta: StageName;
  readonly canary: StageName;
  readonly store: PipelineStore;
  readonly ports: EnginePorts;
  readonly pipeline: Pipeline;
  /** What the next cells and looks at the fleet say; undefined means well. */
  cell: (request: CellRequest) => Partial<CellOutcome> | undefined;
  fleet: (promotion: Promotion) => Observation | undefined;
  readonly proved: CellRequest[];
  readonly pushes: string[];
  nowEpochMs: number;
  /** Jobs that wait. */
  readonly jobs: HeldJob[];
  /** Commits files of the mesh config, by its author, and resolves with the revision. */
  commit(files: Readonly<Record<string, string>>, author?: string, message?: string): Promise<Revision>;
  /** Runs every job that is due, and those that they enqueue, until none is due. `jump`: and then as time passes, up to that much. */
  settle(jumpMs?: number, signal?: AbortSignal): Promise<void>;
  /** What happens after a worker died: its jobs run again, leases end, and the sweep looks. */
  recover(): Promise<void>;
  /** A commit that the protected branch does not have. */
  stray(): Promise<Revision>;
  /** Somebody edits what a target holds, past Meshgate. */
  tamper(stage: StageName): Promise<void>;
  /** Another Meshgate delivers something of its own. */
  elsewhere(stage: StageName, seconds: number): Promise<void>;
  /** What targets do not answer at the moment. */
  away: 'push' | undefined;
  /** Looks for new revisions, as workers do now and then. */
  look(): Promise<void>;
  as(login: string): (words: Parameters<Pipeline['execute']>[0]) => ReturnType<Pipeline['execute']>;
  promotion(id: string): Promise<Promotion>;
  /** The state in words: its kind, and why. */
  standing(id: string): Promise<string>;
  /** What steps could not be done for, so far. */
  faults(): Promise<readonly string[]>;
  target(stage: string): Promise<Target>;
}

export type SharedStore = AsyncDisposable & {
  readonly store: OpenStore;
  readonly clock: { nowEpochMs(): number; at: number };
};

/**
 * One embedded store for all tests of a file: it takes its time to start. Another process hosts it: a world starts git some forty times,
 * and each start copies the page tables of the process that starts it, which are large with a database in it.
 */
export async function sharedStore(): Promise<SharedStore> {
  const dir = await mkdtemp(join(tmpdir(), 'mesh-engine-store-'));
  const clock = { at: STARTED, nowEpochMs: () => clock.at };
  await using starting = new AsyncDisposableStack();
  starting.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  const location: StoreLocation = { kind: 'pglite', dataDir: join(dir, 'store') };
  await layStore(location.dataDir);
  const host = starting.use(startStoreProcess(location, 'idle'));
  await host.says('open', 60_000);
  const store = starting.use(await openStore(location, { clock, toolVersion: 'test' }));
  const started = starting.move();
  return { store, clock, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

let worlds = 0;

export type WorldOptions = {
  readonly mesh?: (beta: string, canary: string) => string;
  /** Faults between the engine and everything that it talks to. */
  readonly wrap?: (ports: EnginePorts) => EnginePorts;
};

export async function world({ store: opened, clock }: SharedStore, options: WorldOptions = {}): Promise<World> {
  worlds += 1;
  const [beta, canary] = [`beta${worlds}` as StageName, `canary${worlds}` as StageName];
  const dir = await mkdtemp(join(tmpdir(), 'mesh-engine-'));
  const config = join(dir, 'mesh');
  await cp(SMALL_MESH, config, { recursive: true });
  // Its checks name stages of its own; these tests run no check.
  await rm(join(config, 'checks'), { recursive: true });
  await writeFile(join(config, 'mesh.yaml'), (options.mesh ?? meshYaml)(beta, canary));
  const git = async (...args: string[]): Promise<string> => (await execa('git', args, { cwd: config })).stdout;
  await git('init', '--quiet', '--initial-branch=main');
  const commit: World['commit'] = async (files, author = 'dan', message = 'change') => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(config, path, '..'), { recursive: true });
      await writeFile(join(config, path), text);
    }
    await git('add', '.');
    const email = `${author}@mesh.example`;
    await git(
      '-c',
      `user.name=${author}`,
      '-c',
      `user.email=${email}`,
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      message,
    );
    return (await git('rev-parse', 'HEAD')) as Revision;
  };
  await commit({});

  const jobs: World['jobs'] = [];
  const store = heldJobs(opened, jobs, (job) => isOf(job, [beta, canary]));
  const source = gitSource({ dir: config, branch: 'main', remote: undefined });
  const proved: CellRequest[] = [];
  const pushes: string[] = [];
  const revisions = readRevisions({
    source,
    defaultEnvoyVersions: ['1.40.0'],
    jsonnet: async () => ({ kind: 'failed', cause: 'error', message: 'no jsonnet here' }),
  });
  const open = async (name: string): Promise<Target> =>
    openTarget({ kind: 'git', repository: 'live', branch: name }, { baseDir: dir, scratchDir: dir });
  const plain: EnginePorts = {
    store,
    clock,
    source,
    revisions,
    openTarget: async (stage) => counted(await open(stage.name), pushes, () => self.away),
    async prove(request) {
      proved.push(request);
      const { stage, revision, envoy } = request;
      const rendered = await revisions.stage(revision, stage, undefined);
      const said = self.cell(request);
      return {
        verdict: 'pass',
        digest: rendered?.snapshot?.digest,
        cached: false,
        basis: `${envoy} ${rendered?.snapshot?.digest}`,
        findings: [],
        message: undefined,
        report: '{}',
        ...said,
      };
    },
    observe: async ({ promotion }) =>
      self.fleet(promotion) ?? { kind: 'healthy', summary: 'all ACKed', document: '{}' },
    findDrift: async () => undefined,
    slack: undefined,
  };
  const ports = options.wrap?.(plain) ?? plain;
  const pipeline = createPipeline(ports);
  const handlers = jobHandlers(ports);

  let atWork: World['jobs'][number] | undefined;
  const runDue = async (signal = new AbortController().signal): Promise<boolean> => {
    const index = jobs.findIndex(({ job, atEpochMs }) => atEpochMs <= clock.at && job.kind !== 'look-for-drift');
    const [next] = index === -1 ? [] : jobs.splice(index, 1);
    if (!next) return false;
    atWork = next;
    // A handler of the kind takes a job of the kind.
    const { run } = next;
    next.run = { ...run, attempt: run.attempt + 1 };
    await (handlers[next.job.kind] as (job: Job, signal: AbortSignal, run: JobRun) => Promise<void>)(
      next.job,
      signal,
      run,
    );
    atWork = undefined;
    return true;
  };
  const self: World = {
    dir,
    beta,
    canary,
    store,
    ports,
    pipeline,
    cell: () => undefined,
    fleet: () => undefined,
    away: undefined,
    proved,
    pushes,
    get nowEpochMs() {
      return clock.at;
    },
    set nowEpochMs(value) {
      clock.at = value;
    },
    jobs,
    commit,
    async settle(jumpMs = 0, signal) {
      const until = clock.at + jumpMs;
      for (;;) {
        while (await runDue(signal));
        const next = Math.min(...jobs.filter(({ job }) => job.kind === 'advance').map(({ atEpochMs }) => atEpochMs));
        if (next > until) break;
        clock.at = Math.max(clock.at, next);
      }
      clock.at = until;
    },
    async recover() {
      if (atWork) jobs.push(atWork);
      atWork = undefined;
      await self.settle(2 * 60_000);
      await self.look();
      await self.settle(5 * 60_000);
    },
    async stray() {
      const stray = ['commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'stray'];
      return (await git('-c', 'user.name=dan', '-c', 'user.email=dan@mesh.example', ...stray)) as Revision;
    },
    async tamper(stage) {
      const copy = join(dir, 'tampered');
      await execa('git', ['clone', '--quiet', '--branch', stage, join(dir, 'live'), copy]);
      await writeFile(join(copy, 'note.txt'), 'by hand\n');
      for (const file of await readdir(copy)) if (file.endsWith('.json')) await writeFile(join(copy, file), '{}\n');
      const byHand = [
        '-c',
        'user.name=hand',
        '-c',
        'user.email=hand@mesh.example',
        'commit',
        '--quiet',
        '--message',
        'by hand',
      ];
      await execa('git', ['add', '.'], { cwd: copy });
      await execa('git', byHand, { cwd: copy });
      await execa('git', ['push', '--quiet', 'origin', stage], { cwd: copy });
    },
    async elsewhere(stage, seconds) {
      await using target = await open(stage);
      const delivery = deliveryOf(`other-${seconds}`);
      await target.push({ ...delivery, manifest: { ...delivery.manifest, stage } }, (await target.read()).version);
    },
    look: () =>
      handlers['look-for-revisions']({ kind: 'look-for-revisions' }, new AbortController().signal, {
        id: 'look',
        attempt: 0,
      }),
    as: (login) => (command) => pipeline.execute(command, { via: 'cli', identity: `unix:${login}` }),
    async promotion(id) {
      const found = await store.read.promotion(id as PromotionId);
      if (!found) throw new Error(`no promotion ${id}`);
      return found;
    },
    async standing(id) {
      const { state } = await self.promotion(id);
      const findings = 'findings' in state ? state.findings.map(renderFinding) : [];
      const why = 'reason' in state ? state.reason : 'message' in state ? state.message : undefined;
      return [state.kind, ...(why === undefined ? [] : [why]), ...findings].join(': ');
    },
    async faults() {
      const rows = await store.sql<{ promotion: string; message: string }>(
        'select promotion, message from meshgate.engine_attempt where promotion like $1 or promotion like $2',
        [`${beta}-%`, `${canary}-%`],
      );
      return rows.map(({ promotion, message }) => `${promotion}: ${message}`);
    },
    target: open,
    async [Symbol.asyncDispose]() {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return self;
}
