import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { EnvoyLauncher } from '../../conformance/launcher/envoy-launcher.ts';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import { startWorkspace, type Workspace } from '../../test/slack/workspace.ts';
import { type DemoFleet, startFleet } from './demo-fleet.ts';
import { type DemoHosts, startHosts } from './demo-hosts.ts';
import { type Author, DEMO_STAGES, type DemoMesh, type DemoPorts, type DemoStage, writeDemoMesh } from './demo-mesh.ts';
import { type DemoProcesses, demoProcesses } from './demo-processes.ts';
import { type DemoTraffic, startTraffic } from './demo-traffic.ts';
import { freePorts } from './free-ports.ts';

export type DemoWorldOptions = {
  /** An empty directory; all of the demo's files go below it. */
  readonly dir: string;
  readonly launcher: EnvoyLauncher;
  readonly releases: readonly EnvoyRelease[];
  /** Handed on to the processes: PATH, caches, `DATABASE_URL` for another store than the embedded one. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How many processes of each kind. Default 1. */
  readonly bots?: number;
  readonly workers?: number;
  /** Of customers, in each stage. Default 40. */
  readonly requestsPerSecond?: number;
  /** Changes `mesh.yaml` before it is committed first: another kind of target, say. */
  readonly adaptMesh?: (meshYaml: string) => string;
  /** One line for people, as the world comes up. */
  readonly say: (line: string) => void;
};

/** Everything that a promotion touches, on this machine and without an account: real but for Slack, which is a local workspace. */
export interface DemoWorld extends AsyncDisposable {
  readonly mesh: DemoMesh;
  readonly ports: DemoPorts;
  readonly hosts: DemoHosts;
  readonly fleet: DemoFleet;
  readonly traffic: DemoTraffic;
  readonly processes: DemoProcesses;
  readonly workspace: Workspace;
  readonly dataDir: string;
  /** Where the board is. */
  readonly boardUrl: string;
  /** Runs a `mesh` command's words in the demo's place: `['--config', …, '--data', …]` stand for themselves. */
  readonly placeArgs: readonly string[];
  /** Runs a `mesh` command to its end. Resolves with what it prints, whatever its exit code. */
  runMesh(...args: readonly string[]): Promise<string>;
}

export const OMAR: Author = { name: 'Omar Haddad', email: 'omar@example.com' };
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const CATALOG_HOSTS = 12;
/** Hosts of canary and release work for their money; those before answer at once. */
const PAYMENTS_DELAY_MS: Record<DemoStage, number> = { beta: 1, staging: 1, canary: 900, release: 900 };
const REQUESTS_PER_SECOND = 40;
/** On a machine that is busy with other things. */
const READY_WITHIN_MS = 180_000;

/** Starts the demo's world. Rejects with what went wrong, and leaves nothing running then. */
export async function startDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { dir, launcher, releases, say } = options;
  const dataDir = join(dir, 'data');
  const logDir = join(dir, 'logs');
  await Promise.all([dataDir, logDir].map((path) => mkdir(path, { recursive: true })));
  await using rising = new AsyncDisposableStack();
  const { ports, controlPlanes, admins } = await choosePorts();
  const boardUrl = `http://127.0.0.1:${ports.board}`;
  const hosts = rising.use(await startHosts(hostsWanted(ports)));
  const mesh = await writeDemoMesh(join(dir, 'mesh'), ports, OMAR, options.adaptMesh);
  const workspace = rising.use(await startWorkspace());
  say(`Slack workspace at ${workspace.pageUrl}`);
  const placeArgs = ['--config', mesh.dir, '--data', dataDir];
  const env = {
    ...options.env,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_APP_TOKEN: workspace.appToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
  };
  const onUnexpectedEnd = (name: string, lastLines: string): void => say(`${name} ended by itself:\n${lastLines}`);
  const processes = rising.use(demoProcesses({ cwd: dir, logDir, env, onUnexpectedEnd }));
  // The first one opens the embedded store; the others find it there.
  await processes.start('worker-1', ['worker', ...placeArgs]).said('worker', READY_WITHIN_MS);
  const others = [
    ...numbered('worker', options.workers ?? 1)
      .slice(1)
      .map((name) => processes.start(name, ['worker', ...placeArgs]).said('worker', READY_WITHIN_MS)),
    ...numbered('bot', options.bots ?? 1).map((name) =>
      processes.start(name, ['bot', ...placeArgs, '--board-url', boardUrl]).said('bot', READY_WITHIN_MS),
    ),
    ...[...controlPlanes].map(([stage, port]) =>
      processes
        .start(`serve-${stage}`, [
          'serve',
          ...placeArgs,
          ...['--stage', stage, '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${admins.get(stage)}`],
          ...['--registry', `127.0.0.1:${ports.registry.get(stage)}`, '--probe-hosts'],
        ])
        .said('admin API', READY_WITHIN_MS),
    ),
    processes
      .start('board', [
        'board',
        ...placeArgs,
        ...['--listen', `127.0.0.1:${ports.board}`, '--slack-url', new URL(workspace.pageUrl).origin],
        ...[...admins].flatMap(([stage, port]) => ['--control-plane', `${stage}=http://127.0.0.1:${port}`]),
      ])
      .said('board: http', READY_WITHIN_MS),
  ];
  await Promise.all(others);
  say(`board at ${boardUrl}`);
  say('worker, bot and a control plane for each stage are up');
  const stages = [...controlPlanes].map(([name, controlPlanePort]) => ({ name, controlPlanePort }));
  const fleet = rising.use(await startFleet(launcher, stages, releases, join(dir, 'envoys')));
  say(`${fleet.envoys.length} Envoys are up (${releases.map(({ version }) => version).join(' and ')} in each stage)`);
  const traffic = rising.use(startTraffic(ports.edge, options.requestsPerSecond ?? REQUESTS_PER_SECOND));
  const risen = rising.move();
  return {
    mesh,
    ports,
    hosts,
    fleet,
    traffic,
    processes,
    workspace,
    dataDir,
    boardUrl,
    placeArgs,
    runMesh: async (...args) =>
      (await execa(process.execPath, [MAIN, ...args], { cwd: dir, env, extendEnv: false, reject: false, all: true }))
        .all,
    [Symbol.asyncDispose]: () => risen.disposeAsync(),
  };
}

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);

async function choosePorts(): Promise<{
  readonly ports: DemoPorts;
  readonly controlPlanes: ReadonlyMap<DemoStage, number>;
  readonly admins: ReadonlyMap<DemoStage, number>;
}> {
  const free = [...(await freePorts(CATALOG_HOSTS + DEMO_STAGES.length * 6 + 2))];
  const take = (count: number): number[] => free.splice(0, count);
  const each = <T>(of: () => T): ReadonlyMap<DemoStage, T> => new Map(DEMO_STAGES.map((stage) => [stage, of()]));
  const catalog = take(CATALOG_HOSTS);
  const edge = each(() => take(1)[0] ?? 0);
  const payments = each(() => take(2));
  const one = (): number => take(1)[0] ?? 0;
  const [admin, registry] = [each(one), each(one)];
  const ports = { edge, catalog, payments, reviews: one(), board: one(), admin, registry };
  return { ports, controlPlanes: each(one), admins: admin };
}

const hostsWanted = ({ catalog, payments, reviews }: DemoPorts) => [
  { service: 'reviews', port: reviews, delayMs: 1 },
  ...catalog.map((port) => ({ service: 'catalog', port, delayMs: 2 })),
  ...[...payments].flatMap(([stage, ports]) =>
    ports.map((port) => ({ service: 'payments', port, delayMs: PAYMENTS_DELAY_MS[stage] })),
  ),
];
