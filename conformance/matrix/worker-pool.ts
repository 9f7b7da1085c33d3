import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import type { Snapshot } from '../../render/snapshot.ts';
import { packSnapshot } from '../../render/snapshot-transfer.ts';
import { inconclusiveReport } from '../cell/inconclusive-report.ts';
import type { ScriptSettings } from '../checks/script/run-script.ts';
import type { LauncherSettings } from '../launcher/launcher-settings.ts';
import type { CellReport } from '../report/matrix-result.ts';
import type { MatrixEvent } from '../report/progress.ts';
import type { CellJob, CellRunner } from './cell-job.ts';
import { endLeftovers } from './leftovers.ts';
import type { FromWorker, Started, ToWorker } from './worker-protocol.ts';

export type WorkerPoolOptions = {
  /** Worker processes; one for each core keeps all of them busy, since a process runs its JavaScript on one. */
  readonly workers: number;
  /** May come later, by `equip`: workers take half a second to load, which they can do before anybody knows the launcher. */
  readonly launcher?: LauncherSettings;
  /** What check scripts find their programs by. */
  readonly scripts: ScriptSettings;
  readonly scratchDir: string;
};

export interface WorkerPool extends CellRunner, AsyncDisposable {
  /** The launcher for all cells from now on; needed before the first of them. */
  equip(launcher: LauncherSettings): void;
}

type Asked = {
  readonly job: CellJob;
  readonly onEvent: (event: MatrixEvent) => void;
  readonly resolve: (report: CellReport) => void;
};
type Worker = {
  readonly asked: Map<number, Asked>;
  readonly known: Set<string>;
  readonly started: Map<string, Started>;
  send(message: ToWorker): void;
  /** Tells it to stop, and resolves when it is gone; by force after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  alive: boolean;
};

const WORKER_FILE = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
/** Ctrl-C leaves nothing running after 2 s: workers get this long to end their Envoys themselves. */
const STOP_GRACE_MS = 1_200;

/** Enough for the message of an exception, which Node prints above its stack. */
const STDERR_LINES = 20;

const keyOf = (snapshot: Snapshot): string => `${snapshot.stage} ${snapshot.digest}`;
const startedKey = ({ pid, containerId }: Started): string => containerId ?? String(pid);

/** Worker processes that run cells. A worker that dies makes its cells inconclusive, and another takes its place. */
export function startWorkerPool({ workers, scripts, scratchDir, ...options }: WorkerPoolOptions): WorkerPool {
  const pool: Worker[] = [];
  let launcher = options.launcher;
  let lastId = 0;

  const hire = (): Worker => {
    const subprocess = execaNode(WORKER_FILE, {
      ipc: true,
      serialization: 'advanced',
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      reject: false,
      cleanup: true,
      nodeOptions: ['--disable-warning=ExperimentalWarning'],
    });
    const worker: Worker = {
      asked: new Map(),
      known: new Set(),
      started: new Map(),
      alive: true,
      send: (message) => {
        if (worker.alive) subprocess.sendMessage(message as never).catch(() => {}); // a worker that is gone is seen below
      },
      async stop(graceMs) {
        worker.send({ kind: 'stop' });
        // One that was given nothing yet has nothing to tidy up, and may be loading still.
        const force = setTimeout(() => subprocess.kill('SIGKILL'), launcher ? graceMs : 0);
        await subprocess;
        clearTimeout(force);
        await endLeftovers([...worker.started.values()]);
      },
    };
    const listen = async (): Promise<void> => {
      for await (const message of subprocess.getEachMessage()) hear(worker, message as unknown as FromWorker);
    };
    void listen().catch(() => {}); // it ended: what it still owed is settled below
    void subprocess.then(async ({ stderr }) => {
      worker.alive = false;
      pool.splice(pool.indexOf(worker), 1);
      for (const [, { job, resolve }] of worker.asked) {
        const words = String(stderr).trimEnd().split('\n').slice(-STDERR_LINES).join('\n');
        resolve(inconclusiveReport(job, `the worker process that ran this cell ended unexpectedly: ${words}`));
      }
      await endLeftovers([...worker.started.values()]);
    });
    if (launcher) worker.send({ kind: 'equip', launcher, scripts, scratchDir });
    pool.push(worker);
    return worker;
  };

  const hear = (worker: Worker, message: FromWorker): void => {
    if (message.kind === 'started') worker.started.set(startedKey(message.what), message.what);
    else if (message.kind === 'ended') worker.started.delete(startedKey(message.what));
    if (message.kind !== 'event' && message.kind !== 'done' && message.kind !== 'broken') return;
    const asked = worker.asked.get(message.id);
    if (!asked) return;
    if (message.kind === 'event') {
      asked.onEvent(message.event);
      return;
    }
    worker.asked.delete(message.id);
    asked.resolve(
      message.kind === 'done' ? message.report : inconclusiveReport(asked.job, `the harness broke: ${message.message}`),
    );
  };

  const give = (worker: Worker, snapshot: Snapshot): string => {
    const key = keyOf(snapshot);
    if (!worker.known.has(key)) {
      worker.known.add(key);
      worker.send({ kind: 'snapshot', key, snapshot: packSnapshot(snapshot) });
    }
    return key;
  };

  while (pool.length < workers) hire();

  return {
    equip(settings) {
      launcher = settings;
      for (const worker of pool) worker.send({ kind: 'equip', launcher, scripts, scratchDir });
    },
    run({ proposed, live, ...job }, onEvent, signal) {
      signal.throwIfAborted();
      if (!launcher) throw new Error('a worker pool was asked for a cell before it was given a launcher');
      while (pool.length < workers) hire();
      const worker = pool.reduce((least, other) => (other.asked.size < least.asked.size ? other : least));
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const abandon = (): void => reject(signal.reason);
        signal.addEventListener('abort', abandon, { once: true });
        const settle = (report: CellReport): void => {
          signal.removeEventListener('abort', abandon);
          resolve(report);
        };
        worker.asked.set(id, { job: { ...job, proposed, live }, onEvent, resolve: settle });
        const proposedKey = give(worker, proposed);
        const liveKey = live && give(worker, live);
        worker.send({ kind: 'run', id, job: { ...job, proposedKey, liveKey } });
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...pool].map((worker) => worker.stop(STOP_GRACE_MS)));
    },
  };
}
