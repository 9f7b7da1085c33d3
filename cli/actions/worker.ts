import { randomUUID } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { setInterval as every } from 'node:timers/promises';
import { processBeganEpochMs, processMetrics } from '../../controlplane/admin/process-metrics.ts';
import { beginLooking, jobHandlers } from '../../pipeline/engine/job-handlers.ts';
import { WORKER_BEAT_MS, workerGone, workerSeen } from '../../pipeline/engine/workers.ts';
import { pipelineMetrics } from '../../pipeline/metrics/pipeline-metrics.ts';
import { startJobs } from '../../pipeline/store/jobs/start-jobs.ts';
import type { CommandContext } from '../command-context.ts';
import { enginePortsOf } from '../engine-ports.ts';
import { healthServerOf } from '../health-server.ts';
import { oneLine } from '../one-line.ts';
import { openStoreOf } from '../open-store.ts';
import { UsageError } from '../usage-error.ts';

export type WorkerOptions = {
  readonly config?: string;
  readonly data?: string;
  readonly launcher: string;
  readonly cells?: string;
  readonly health?: string;
};

/** Steps wait for repositories and targets more than they compute. */
const STEPS_AT_ONCE = 8;

/** Resolves when it is stopped; what it was at is taken by another worker, or by the next one. */
export async function worker(options: WorkerOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const cells = options.cells === undefined ? Math.max(2, availableParallelism()) : Number(options.cells);
  if (!Number.isInteger(cells) || cells < 1)
    throw new UsageError(`--cells ${options.cells}: use a whole number from 1 on`);
  await using store = await openStoreOf(options.data, context);
  const ports = await enginePortsOf(options, context, { store, slack: undefined });
  const id = `${hostname()}/${process.pid}/${randomUUID()}`;
  const tell = (what: string, fault: unknown): void => {
    const words = fault instanceof Error ? fault.message || fault.name : String(fault);
    stderr.write(`worker: ${what}: ${oneLine(words)}\n`);
  };
  await workerSeen(store, id, Date.now());
  const beganEpochMs = processBeganEpochMs(Date.now());
  await using health = await healthServerOf(options.health, {
    checks: { store: async () => void (await store.sql('SELECT 1', [])) },
    metrics: async () => [...processMetrics(beganEpochMs), ...(await pipelineMetrics(store, Date.now()))],
  });
  await beginLooking(ports);
  {
    await using _jobs = await startJobs(store, jobHandlers(ports), {
      concurrency: {
        advance: STEPS_AT_ONCE,
        cell: cells,
        verify: 2,
        // Promotions go first: what somebody only wants to know leaves them half of the machine.
        'verify-cell': Math.max(1, Math.floor(cells / 2)),
        'look-for-drift': 2,
        'look-for-revisions': 1,
      },
      onFault: (fault, job) => {
        if (!signal.aborted) tell(job ? nameOf(job) : 'the store', fault);
      },
    });
    stdout.write(`worker: runs jobs from ${store.kind}, ${cells} cells at once, config from ${ports.source.name}\n`);
    if (health) stdout.write(`worker: health at ${health.url}\n`);
    try {
      for await (const _ of every(WORKER_BEAT_MS, undefined, { signal }))
        await workerSeen(store, id, Date.now()).catch((fault: unknown) => tell('the store', fault));
    } catch (fault) {
      if (!signal.aborted) throw fault;
    }
  }
  await workerGone(store, id).catch(() => undefined);
  return 0;
}

const nameOf = (job: {
  readonly kind: string;
  readonly promotion?: string;
  readonly verification?: string;
  readonly stage?: string;
}): string => [job.kind, job.promotion ?? job.verification ?? job.stage ?? ''].join(' ').trim();
