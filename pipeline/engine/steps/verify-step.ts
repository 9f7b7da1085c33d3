import type { PromotionId } from '../../ids.ts';
import type { Job } from '../../store/job.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import { failNow } from '../attempts.ts';
import { keepBinding } from '../bindings.ts';
import { beginMatrix, cellsOf, type MatrixOf, reopenCell, type StoredCell } from '../matrix/cells.ts';
import { CELL_LEASE_MS } from '../matrix/run-cell.ts';
import { keepVerdict, verdictOf } from '../matrix/verdicts.ts';
import type { EnginePorts } from '../ports.ts';
import { record } from '../record.ts';
import { MOVED, moveOn, PIPELINE, type Step, stageAt, waiting } from '../step.ts';

/** How often a cell is run when nobody could tell. */
const ATTEMPTS = 2;
/** A cell whose job was lost is found within this time. */
const LOOK_EVERY_MS = 5_000;

/** Waits for the cells, which any worker runs, and puts together what they said. */
export const verifyStep: Step = async (promotion, ports, signal) => {
  if (promotion.state.kind !== 'verifying') return MOVED;
  const { plan } = promotion.state;
  const { store, clock } = ports;
  const matrix: MatrixOf = { promotion: promotion.id, digest: plan.digest, baseDigest: plan.base.digest };
  const cells = await cellsOf(store, matrix);
  if (cells.length === 0) {
    const stage = await stageAt(ports, plan.revision, promotion.request.stage, signal);
    return moveOn(ports, promotion, async (tx) => {
      await beginMatrix(
        tx,
        matrix,
        stage.envoys.map(({ version }) => version),
      );
      await enqueueCells(tx, matrix);
    });
  }
  const unsure = cells.filter(({ state, verdict }) => state === 'done' && verdict === 'inconclusive');
  const again = unsure.filter(({ attempt }) => attempt < ATTEMPTS);
  if (again.length > 0 || cells.some(({ state }) => state !== 'done')) {
    await runAgain(ports, matrix, again);
    await store.transact((tx) => enqueueCells(tx, matrix));
    return waiting(clock.nowEpochMs() + LOOK_EVERY_MS);
  }
  if (unsure.length > 0 && !cells.some(({ verdict }) => verdict === 'fail')) {
    const words = unsure.map(({ envoy, message }) => `Envoy ${envoy}: ${message ?? 'the harness could not tell'}`);
    return failNow(promotion, `the matrix could not tell, twice: ${words.join('; ')}`, ports);
  }
  return moveOn(ports, promotion, async (tx, now) => {
    const verdict = await verdictOf(tx, plan, cells, tx.nowEpochMs);
    await keepVerdict(tx, promotion.request.stage, verdict);
    await keepBinding(tx, promotion.id, plan, verdict);
    const reports = cells.flatMap(({ report }) => (report ? [report] : []));
    await record(tx, PIPELINE, now, { kind: 'verified', verdict }, [verdict.report, ...reports]);
  });
};

async function runAgain({ store }: EnginePorts, matrix: MatrixOf, cells: readonly StoredCell[]): Promise<void> {
  for (const { envoy, attempt } of cells)
    await store.transact((tx) => reopenCell(tx, matrix, envoy, { attempt: attempt + 1 }));
}

/** Jobs for the cells that nobody runs now. */
export async function enqueueCells(tx: PipelineTransaction, matrix: MatrixOf): Promise<void> {
  for (const { envoy, state, attempt, claimedEpochMs } of await cellsOf(tx, matrix)) {
    if (state === 'done' || (state === 'running' && claimedEpochMs + CELL_LEASE_MS > tx.nowEpochMs)) continue;
    const { digest, baseDigest } = matrix;
    const promotion = matrix.promotion as PromotionId;
    const job: Job = { kind: 'cell', promotion, digest, baseDigest: baseDigest ?? '', envoy };
    await tx.enqueue(job, { key: `cell ${promotion} ${digest} ${baseDigest ?? ''} ${envoy} ${attempt}` });
  }
}
