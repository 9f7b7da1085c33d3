import type { Job } from '../job.ts';
import type { OpenStore } from '../open-store.ts';
import { DEAD_JOBS } from './job-queue.ts';

/** A job whose every attempt failed. */
export type DeadJob = {
  readonly id: string;
  readonly job: Job;
  /** What its last attempt failed with. */
  readonly message: string;
  readonly diedAtEpochMs: number;
};

/** Oldest first, at most 1,000; they are kept for 30 days. Rejects with `StoreError`. */
export async function deadJobs({ jobs }: OpenStore): Promise<readonly DeadJob[]> {
  const found = await jobs.boss.findJobs<Job>(DEAD_JOBS, { queued: true });
  return found.map(({ id, data, output, sourceOutput, createdOn }: (typeof found)[number]) => ({
    id,
    job: data,
    message: String(
      (sourceOutput as { message?: unknown } | null)?.message ??
        (output as { message?: unknown } | null)?.message ??
        '',
    ),
    diedAtEpochMs: createdOn.getTime(),
  }));
}
