import { setTimeout as sleep } from 'node:timers/promises';
import { JOB_KINDS, type Job, type JobHandlers, type JobKind, type JobRun, type JobRunner } from '../job.ts';
import type { OpenStore } from '../open-store.ts';
import { type Attempt, complete, fail, LEASE_ROUND_MS, lostJobs, renew } from './leases.ts';

export type JobOptions = {
  /** How many of a kind this process runs at once. Default 1. */
  readonly concurrency?: { readonly [Kind in JobKind]?: number };
  /** Told of each handler that failed and of each fault of the store, for the log. */
  readonly onFault?: (fault: unknown, job: Job | undefined) => void;
  /** How long a stop waits for handlers once their signal is aborted, before it gives their jobs back. Default 10 s. */
  readonly graceMs?: number;
};

/** Jobs of this process are taken at once; those of others, and those that waited for their time, within this. */
export const POLL_MS = 250;
const MAINTAIN_EVERY_MS = 60_000;
const DEFAULT_GRACE_MS = 10_000;

type Run = { readonly job: Job; readonly attempt: Attempt; readonly stop: AbortController; done: Promise<void> };

/**
 * Runs jobs of the kinds that `handlers` has, in this process, until the runner is disposed: then handlers see their signal aborted,
 * and what is not finished in time is given back. The signal of a handler is also aborted when its job was taken by another worker,
 * because this one stood still for 2 s or more. A handler that throws has its job run again, after 1 s at first and 60 s at last; after 12
 * retries it is dead (`deadJobs`). Faults of the store never end the runner.
 */
export async function startJobs(store: OpenStore, handlers: JobHandlers, options: JobOptions = {}): Promise<JobRunner> {
  const { jobs, connections } = store;
  const { boss } = jobs;
  const kinds = JOB_KINDS.filter((kind) => handlers[kind] !== undefined);
  const stopping = new AbortController();
  const runs = new Set<Run>();
  const lost = lostJobs(boss, connections, () => performance.now());
  const faulty = (fault: unknown, job?: Job): void => options.onFault?.(fault, job);
  let rouse = (): void => {};
  let roused = false;
  const wake = (): void => {
    roused = true;
    rouse();
  };
  const unlisten = jobs.onWake(wake);

  async function take(): Promise<void> {
    for (const kind of kinds) {
      const busy = [...runs].filter(({ job }) => job.kind === kind).length;
      const free = (options.concurrency?.[kind] ?? 1) - busy;
      if (free <= 0 || stopping.signal.aborted) continue;
      for (const { id, data, retryCount } of await boss.fetch<Job>(kind, { batchSize: free })) {
        const run: Run = {
          job: data,
          attempt: { id, retryCount },
          stop: new AbortController(),
          done: Promise.resolve(),
        };
        runs.add(run);
        run.done = carryOut(run).finally(() => {
          runs.delete(run);
          wake();
        });
      }
    }
  }

  async function carryOut({ job, attempt, stop }: Run): Promise<void> {
    const handler = handlers[job.kind] as (job: Job, signal: AbortSignal, run: JobRun) => Promise<void>;
    const signal = AbortSignal.any([stop.signal, stopping.signal]);
    try {
      await handler(job, signal, { id: attempt.id, attempt: attempt.retryCount });
    } catch (error) {
      faulty(error, job);
      await settle(() => fail(boss, job.kind, attempt, error instanceof Error ? error.message : String(error)));
      return;
    }
    await settle(() => complete(boss, job.kind, attempt));
  }

  /** What cannot be said because the database is away is found by whoever looks for lost jobs; the job is run once more then. */
  const settle = (say: () => Promise<boolean>): Promise<unknown> => say().catch(faulty);

  async function renewAll(): Promise<void> {
    for (const run of [...runs])
      if (!(await renew(boss, run.job.kind, run.attempt)) && runs.has(run))
        run.stop.abort(new Error('another worker has this job now'));
  }

  async function taking(): Promise<void> {
    while (!stopping.signal.aborted) {
      roused = false;
      await take().catch(faulty);
      if (roused) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        rouse = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async function repeat(everyMs: number, what: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await what().catch(faulty);
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  const leased = new AbortController();
  const loops = [taking(), repeat(MAINTAIN_EVERY_MS, () => boss.supervise(), stopping.signal)];
  const leases = [
    repeat(LEASE_ROUND_MS, renewAll, leased.signal),
    repeat(LEASE_ROUND_MS, async () => (await lost.look(kinds)) > 0 && wake(), leased.signal),
  ];

  return {
    kinds,
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the worker stops'));
      unlisten();
      wake();
      await Promise.all(loops);
      const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
      const finished = Promise.all([...runs].map(({ done }) => done));
      await Promise.race([finished, sleep(graceMs, undefined, { ref: false })]);
      leased.abort();
      await Promise.all(leases);
      for (const { job, attempt } of runs) await settle(() => fail(boss, job.kind, attempt, 'its worker was stopped'));
    },
  };
}
