import { shortDigest } from '../../../render/ids.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { Job, JobRun } from '../../store/job.ts';
import { deliveredSnapshot } from '../delivered-snapshot.ts';
import type { CellOutcome, EnginePorts } from '../ports.ts';
import { advanceKey } from '../record.ts';
import type { MatrixOf, StoredCell } from './cells.ts';
import { noteProgress } from './progress.ts';
import { runCell } from './run-cell.ts';

type CellJob = Extract<Job, { kind: 'cell' }>;

/** The matrix that a promotion waits for; undefined where it waits for none, or for another than the job's. */
function matrixOf({ promotion, digest, baseDigest }: CellJob, now: Promotion | undefined): MatrixOf | undefined {
  if (now?.state.kind !== 'verifying') return undefined;
  const { plan } = now.state;
  if (plan.digest !== digest || (plan.base.digest ?? '') !== baseDigest) return undefined;
  return { promotion, digest: plan.digest, baseDigest: plan.base.digest };
}

/** Runs one cell of a promotion. Rejects when stopped or when the store is gone: the job then runs again. */
export async function runCellJob(job: CellJob, ports: EnginePorts, signal: AbortSignal, run: JobRun): Promise<void> {
  const { store } = ports;
  const { envoy } = job;
  const promotion = await store.read.promotion(job.promotion);
  const matrix = matrixOf(job, promotion);
  if (!promotion || !matrix) return;
  const cell = {
    matrix,
    envoy,
    name: `${promotion.request.stage}@${envoy}`,
    prove: (whole: AbortSignal) => prove(promotion, job, ports, whole),
    isWanted: async () => matrixOf(job, await store.read.promotion(job.promotion)) !== undefined,
    documentOf: ({ report }: CellOutcome) => report,
    begun: (cells: readonly StoredCell[]) => noteProgress(store, job.promotion, progressLine(cells)),
  };
  await runCell(
    {
      ...cell,
      async ended(tx, cells) {
        await noteProgress(tx, job.promotion, progressLine(cells));
        const now = await tx.promotion(job.promotion);
        if (!now) return;
        await tx.enqueue({ kind: 'advance', promotion: job.promotion }, { key: `${advanceKey(now)} cell ${envoy}` });
      },
    },
    ports,
    signal,
    run,
  );
}

async function prove(
  promotion: Promotion,
  { envoy }: CellJob,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<CellOutcome> {
  if (promotion.state.kind !== 'verifying') throw new Error(`${promotion.id} verifies no more`);
  const { plan } = promotion.state;
  const { stage } = promotion.request;
  const live = plan.base.digest && (await deliveredSnapshot(ports.store, stage, plan.base.digest));
  if (plan.base.digest !== undefined && !live)
    throw new Error(`the snapshot ${shortDigest(plan.base.digest)} that is live in ${stage} is not kept: plan again`);
  return ports.prove({ revision: plan.revision, stage, envoy, live: live || undefined }, signal);
}

/** `2 of 5 cells ended (1.36.4 pass, 1.37.0 fail), 1 running`. */
function progressLine(cells: readonly StoredCell[]): string {
  const ended = cells.filter(({ state }) => state === 'done');
  const running = cells.filter(({ state }) => state === 'running').map(({ envoy }) => envoy);
  const verdicts = ended.map(({ envoy, verdict, cached }) => `${envoy} ${verdict}${cached ? ' (cached)' : ''}`);
  const parts = [
    `${ended.length} of ${cells.length} cells ended${verdicts.length > 0 ? ` (${verdicts.join(', ')})` : ''}`,
    ...(running.length > 0 ? [`running: ${running.join(', ')}`] : []),
  ];
  return parts.join('; ');
}
