import { shortDigest } from '../../../render/ids.ts';
import type { Job, JobRun } from '../../store/job.ts';
import { deliveredSnapshot } from '../delivered-snapshot.ts';
import { runCell } from '../matrix/run-cell.ts';
import type { CellOutcome, EnginePorts } from '../ports.ts';
import { wakeVerification } from './advance-verification.ts';
import { matrixOfStage } from './verification.ts';
import { readVerification } from './verification-rows.ts';

type CellJob = Extract<Job, { kind: 'verify-cell' }>;

/** Runs one cell of a verification. Rejects when stopped or when the store is gone: the job then runs again. */
export async function runVerificationCell(
  job: CellJob,
  ports: EnginePorts,
  signal: AbortSignal,
  run: JobRun,
): Promise<void> {
  const { store } = ports;
  const { verification: id, stage: name, envoy } = job;
  const seen = await readVerification(store, id);
  const stage = seen?.stages.find((each) => each.stage === name);
  const matrix = stage && matrixOfStage(id, stage);
  if (seen?.state !== 'running' || !stage || !matrix) return;
  await runCell(
    {
      matrix,
      envoy,
      name: `${name}@${envoy}`,
      async prove(whole): Promise<CellOutcome> {
        const { baseDigest } = stage;
        const live = baseDigest && (await deliveredSnapshot(store, name, baseDigest));
        if (baseDigest !== undefined && !live)
          throw new Error(`the snapshot ${shortDigest(baseDigest)} that is live in ${name} is not kept`);
        return ports.prove({ revision: seen.revision, stage: name, envoy, live: live || undefined }, whole);
      },
      isWanted: async () => (await readVerification(store, id))?.state === 'running',
      documentOf: ({ findings, report }) => JSON.stringify({ findings, report }),
      begun: async () => {},
      ended: (tx) => wakeVerification(tx, id),
    },
    ports,
    signal,
    run,
  );
}
