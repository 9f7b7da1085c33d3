import { JOB_KINDS, type Job, type JobHandlers, type JobKind, type JobRunner } from '../job.ts';
import type { OpenStore } from '../open-store.ts';

export type JobOptions = {
  /** How many of a kind this process runs at once. Default 1. */
  readonly concurrency?: { readonly [Kind in JobKind]?: number };
  /** Told of each handler that failed and of each fault of the store, for the log. */
  readonly onFault?: (fault: unknown, job: Job | undefined) => void;
};

const POLL_MS = 250;

/** Runs jobs of the kinds that `handlers` has, in this process, until the runner is disposed. */
export async function startJobs(store: OpenStore, handlers: JobHandlers, options: JobOptions = {}): Promise<JobRunner> {
  const { boss } = store.jobs;
  const kinds = JOB_KINDS.filter((kind) => handlers[kind] !== undefined);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const counts = new Map<JobKind, number>(kinds.map((kind) => [kind, 0]));
  let rouse: (() => void) | undefined;
  const wake = (): void => rouse?.();
  const unlisten = store.jobs.onWake(wake);

  async function fetchAll(): Promise<void> {
    for (const kind of kinds) {
      const free = (options.concurrency?.[kind] ?? 1) - (counts.get(kind) ?? 0);
      if (free <= 0) continue;
      for (const { id, data, retryCount } of await boss.fetch<Job>(kind, { batchSize: free })) {
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
        const run = runOne(data, { id, retryCount }).finally(() => {
          running.delete(run);
          counts.set(kind, (counts.get(kind) ?? 1) - 1);
          wake();
        });
        running.add(run);
      }
    }
  }

  async function runOne(job: Job, attempt: { readonly id: string; readonly retryCount: number }): Promise<void> {
    const handler = handlers[job.kind] as (job: Job, signal: AbortSignal) => Promise<void>;
    try {
      await handler(job, stopping.signal);
      await boss.complete(job.kind, [attempt] as never);
    } catch (error) {
      options.onFault?.(error, job);
      await boss.fail(job.kind, [attempt] as never, { message: String(error) }).catch(() => {});
    }
  }

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      let woken = false;
      const rest = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        rouse = () => {
          woken = true;
          clearTimeout(timer);
          resolve();
        };
      });
      await fetchAll().catch((error) => options.onFault?.(error, undefined));
      if (!woken) await rest;
    }
  })();

  return {
    kinds,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      unlisten();
      wake();
      await loop;
      await Promise.all(running);
    },
  };
}
