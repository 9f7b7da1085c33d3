import type { Job, JobRun } from '../../../pipeline/store/job.ts';
import type { OpenStore } from '../../../pipeline/store/open-store.ts';
import type { PipelineStore } from '../../../pipeline/store/pipeline-store.ts';
import { type Target, TargetError } from '../../../pipeline/targets/target.ts';

export type HeldJob = {
  readonly job: Job;
  readonly atEpochMs: number;
  readonly key: string | undefined;
  /** Of its next run. */
  run: JobRun;
};
let sentSoFar = 0;

/** Jobs of other worlds' promotions are not run here. */
export function isOf(job: Job, stages: readonly string[]): boolean {
  if (job.kind === 'look-for-revisions' || 'verification' in job) return true;
  return stages.includes(job.kind === 'look-for-drift' ? job.stage : job.promotion.replace(/-\d+$/, ''));
}

/** The real store, with jobs kept here, so that a test says when each one runs and what time it is then. */
export function heldJobs(store: OpenStore, jobs: HeldJob[], isOurs: (job: Job) => boolean): PipelineStore {
  return {
    kind: store.kind,
    read: store.read,
    sql: (text, params) => store.sql(text, params),
    async transact(work) {
      const sent: HeldJob[] = [];
      const result = await store.transact((tx) => {
        sent.length = 0;
        return work({
          ...tx,
          async enqueue(job, { atEpochMs = 0, key } = {}) {
            sentSoFar += 1;
            sent.push({ job, atEpochMs, key, run: { id: `job-${sentSoFar}`, attempt: 0 } });
          },
        });
      });
      for (const one of sent)
        if (isOurs(one.job) && (one.key === undefined || !jobs.some(({ key }) => key === one.key))) jobs.push(one);
      return result;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Tells which pushes changed a target. */
export function counted(target: Target, pushes: string[], away: () => string | undefined): Target {
  const push: Target['push'] = async (delivery, expected, signal) => {
    if (away() === 'push') throw new TargetError(target.name, 'it is away');
    const before = await target.read(signal);
    const result = await target.push(delivery, expected, signal);
    const { promotion, direction } = delivery.manifest;
    if (result.kind === 'pushed' && result.version !== before.version) pushes.push(`${promotion} ${direction}`);
    return result;
  };
  return {
    kind: target.kind,
    name: target.name,
    read: (signal) => target.read(signal),
    push,
    watch: (known, signal) => target.watch(known, signal),
    history: (limit, signal) => target.history(limit, signal),
    readAt: (version, signal) => target.readAt(version, signal),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}
