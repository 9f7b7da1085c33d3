import { randomUUID } from 'node:crypto';
import { setInterval as every } from 'node:timers/promises';
import { shortDigest } from '../../../render/ids.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { Job } from '../../store/job.ts';
import { wordsOf } from '../attempts.ts';
import { deliveredSnapshot } from '../delivered-snapshot.ts';
import type { CellOutcome, EnginePorts } from '../ports.ts';
import { advanceKey } from '../record.ts';
import { cellsOf, claimCell, endCell, type MatrixOf, reopenCell, type StoredCell } from './cells.ts';
import { noteProgress } from './progress.ts';

/** A claim is kept up this often, and given up to another after the lease. */
const HEARTBEAT_MS = 10_000;
export const CELL_LEASE_MS = 60_000;

type CellJob = Extract<Job, { kind: 'cell' }>;

/** The matrix that a promotion waits for; undefined where it waits for none, or for another than the job's. */
function matrixOf({ promotion, digest, baseDigest }: CellJob, now: Promotion | undefined): MatrixOf | undefined {
  if (now?.state.kind !== 'verifying') return undefined;
  const { plan } = now.state;
  if (plan.digest !== digest || (plan.base.digest ?? '') !== baseDigest) return undefined;
  return { promotion, digest: plan.digest, baseDigest: plan.base.digest };
}

/** Runs one cell and keeps what it said. Rejects when stopped or when the store is gone: the job then runs again. */
export async function runCellJob(job: CellJob, ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { store, clock } = ports;
  const promotion = await store.read.promotion(job.promotion);
  const matrix = matrixOf(job, promotion);
  if (!promotion || !matrix) return;
  const claim = randomUUID();
  const isOurs = await claimCell(store, matrix, job.envoy, {
    by: claim,
    nowEpochMs: clock.nowEpochMs(),
    leaseMs: CELL_LEASE_MS,
  });
  if (!isOurs) return;
  await tellProgress(ports, matrix);
  const stopped = new AbortController();
  const whole = AbortSignal.any([signal, stopped.signal]);
  const heart = keepClaim(job, matrix, claim, ports, stopped);
  let outcome: CellOutcome;
  try {
    outcome = await prove(promotion, job, ports, whole);
  } catch (fault) {
    if (whole.aborted) {
      const [cell] = (await cellsOf(store, matrix)).filter(({ envoy }) => envoy === job.envoy);
      await reopenCell(store, matrix, job.envoy, { attempt: cell?.attempt ?? 1, claim });
      // Stopped because nobody wants it any more is an end; stopped with its worker is none.
      if (stopped.signal.aborted) return;
      throw fault;
    }
    const message = wordsOf(fault);
    const report = JSON.stringify({ id: `${promotion.request.stage}@${job.envoy}`, verdict: 'inconclusive', message });
    outcome = { verdict: 'inconclusive', digest: undefined, cached: false, basis: '', findings: [], message, report };
  } finally {
    heart.stop();
  }
  await store.transact(async (tx) => {
    const report = await tx.keep('cell-report', outcome.report);
    const { verdict, cached, basis, message } = asPlanned(outcome, matrix);
    if (!(await endCell(tx, matrix, job.envoy, claim, { verdict, cached, basis, message, report }))) return;
    await noteProgress(tx, job.promotion, progressLine(await cellsOf(tx, matrix)));
    const now = await tx.promotion(job.promotion);
    if (now)
      await tx.enqueue({ kind: 'advance', promotion: job.promotion }, { key: `${advanceKey(now)} cell ${job.envoy}` });
  });
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

/** A verdict about other bytes is none about these. */
function asPlanned(outcome: CellOutcome, { digest }: MatrixOf): CellOutcome {
  if (outcome.digest === undefined || outcome.digest === digest) return outcome;
  const message = `it rendered ${outcome.digest.slice(0, 12)} and not the planned ${shortDigest(digest)}: the revision does not render the same everywhere`;
  return { ...outcome, verdict: 'inconclusive', message };
}

function keepClaim(
  job: CellJob,
  matrix: MatrixOf,
  claim: string,
  { store, clock }: EnginePorts,
  stopped: AbortController,
): { stop(): void } {
  const over = new AbortController();
  const beat = async (): Promise<void> => {
    for await (const _ of every(HEARTBEAT_MS, undefined, { signal: over.signal, ref: false })) {
      try {
        const kept = await claimCell(store, matrix, job.envoy, {
          by: claim,
          nowEpochMs: clock.nowEpochMs(),
          leaseMs: CELL_LEASE_MS,
        });
        if (!kept || !matrixOf(job, await store.read.promotion(job.promotion)))
          stopped.abort(new Error('no longer wanted'));
      } catch {
        // The store is away: the cell goes on, and its end will tell.
      }
    }
  };
  beat().catch(() => undefined);
  return { stop: () => over.abort() };
}

async function tellProgress({ store }: EnginePorts, matrix: MatrixOf): Promise<void> {
  await noteProgress(store, matrix.promotion, progressLine(await cellsOf(store, matrix)));
}

/** `2 of 5 cells ended (1.36.4 pass, 1.37.0 fail), 1 running`. */
export function progressLine(cells: readonly StoredCell[]): string {
  const ended = cells.filter(({ state }) => state === 'done');
  const running = cells.filter(({ state }) => state === 'running').map(({ envoy }) => envoy);
  const verdicts = ended.map(({ envoy, verdict, cached }) => `${envoy} ${verdict}${cached ? ' (cached)' : ''}`);
  const parts = [
    `${ended.length} of ${cells.length} cells ended${verdicts.length > 0 ? ` (${verdicts.join(', ')})` : ''}`,
    ...(running.length > 0 ? [`running: ${running.join(', ')}`] : []),
  ];
  return parts.join('; ');
}
