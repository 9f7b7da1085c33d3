import type { JobHandlers } from '../store/job.ts';
import { advance } from './advance.ts';
import { lookForDrift } from './look-for-drift.ts';
import { lookForRevisions } from './look-for-revisions.ts';
import { runCellJob } from './matrix/run-cell-job.ts';
import type { EnginePorts } from './ports.ts';
import { advanceVerification } from './verification/advance-verification.ts';
import { runVerificationCell } from './verification/run-verification-cell.ts';

/** What a worker does with each kind of job. Every one may run twice, and be stopped anywhere. */
export function jobHandlers(ports: EnginePorts): Required<JobHandlers> {
  return {
    advance: ({ promotion }, signal) => advance(promotion, ports, signal),
    cell: (job, signal, run) => runCellJob(job, ports, signal, run),
    verify: ({ verification }, signal) => advanceVerification(verification, ports, signal),
    'verify-cell': (job, signal, run) => runVerificationCell(job, ports, signal, run),
    'look-for-drift': ({ stage }, signal) => lookForDrift(stage, ports, signal),
    'look-for-revisions': (_job, signal) => lookForRevisions(ports, signal),
  };
}

/** The first look of a worker that starts; the looks that follow enqueue themselves. */
export async function beginLooking({ store }: Pick<EnginePorts, 'store'>): Promise<void> {
  await store.transact((tx) => tx.enqueue({ kind: 'look-for-revisions' }, { key: 'look-for-revisions now' }));
}
