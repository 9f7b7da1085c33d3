import { setInterval as every } from 'node:timers/promises';
import { type Digest, shortDigest } from '../../../render/ids.ts';
import type { JobRun } from '../../store/job.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import { wordsOf } from '../attempts.ts';
import type { CellOutcome, EnginePorts } from '../ports.ts';
import {
  cellsOf,
  claimCell,
  claimOf,
  endCell,
  type MatrixOf,
  renewClaim,
  reopenCell,
  type StoredCell,
} from './cells.ts';

/**
 * A claim is kept up this often. The next run of the job that claimed takes over at once; after the lease, another job may, which is for
 * cells whose job itself was lost.
 */
const HEARTBEAT_MS = 3_000;
export const CELL_LEASE_MS = 15_000;

/** One cell of a stored matrix, and what is done with it. */
export type CellToRun = {
  readonly matrix: MatrixOf;
  /** `canary@1.38.0`. */
  readonly name: string;
  readonly envoy: string;
  readonly prove: (signal: AbortSignal) => Promise<CellOutcome>;
  /** Asked while it runs: false stops it. */
  readonly isWanted: () => Promise<boolean>;
  /** What is kept of it. */
  readonly documentOf: (outcome: CellOutcome) => string;
  readonly begun: (cells: readonly StoredCell[]) => Promise<void>;
  /** In the transaction that stores its end. */
  readonly ended: (tx: PipelineTransaction, cells: readonly StoredCell[]) => Promise<void>;
};

/** Runs one cell and keeps what it said. Rejects when stopped or when the store is gone: the job then runs again. */
export async function runCell(cell: CellToRun, ports: EnginePorts, signal: AbortSignal, run: JobRun): Promise<void> {
  const { store, clock } = ports;
  const { matrix, envoy } = cell;
  const claim = claimOf(run);
  const lease = { run, nowEpochMs: clock.nowEpochMs(), leaseMs: CELL_LEASE_MS };
  if (!(await claimCell(store, matrix, envoy, lease))) return;
  await cell.begun(await cellsOf(store, matrix));
  const stopped = new AbortController();
  const whole = AbortSignal.any([signal, stopped.signal]);
  const heart = keepClaim(cell, claim, ports, stopped);
  let outcome: CellOutcome;
  try {
    outcome = await cell.prove(whole);
  } catch (fault) {
    if (whole.aborted) {
      const attempt = (await cellsOf(store, matrix)).find((each) => each.envoy === envoy)?.attempt ?? 1;
      await reopenCell(store, matrix, envoy, { attempt, claim });
      // Stopped because nobody wants it any more is an end; stopped with its worker is none.
      if (stopped.signal.aborted) return;
      throw fault;
    }
    const message = wordsOf(fault);
    const report = JSON.stringify({ id: cell.name, verdict: 'inconclusive', message });
    outcome = { verdict: 'inconclusive', digest: undefined, cached: false, basis: '', findings: [], message, report };
  } finally {
    heart.stop();
  }
  await store.transact(async (tx) => {
    const report = await tx.keep('cell-report', cell.documentOf(outcome));
    const { verdict, cached, basis, message } = asPlanned(outcome, matrix.digest);
    if (!(await endCell(tx, matrix, envoy, claim, { verdict, cached, basis, message, report }))) return;
    await cell.ended(tx, await cellsOf(tx, matrix));
  });
}

/** A verdict about other bytes is none about these. */
function asPlanned(outcome: CellOutcome, digest: Digest): CellOutcome {
  if (outcome.digest === undefined || outcome.digest === digest) return outcome;
  const message = `it rendered ${outcome.digest.slice(0, 12)} and not the planned ${shortDigest(digest)}: the revision does not render the same everywhere`;
  return { ...outcome, verdict: 'inconclusive', message };
}

function keepClaim(
  { matrix, envoy, isWanted }: CellToRun,
  claim: string,
  { store, clock }: EnginePorts,
  stopped: AbortController,
): { stop(): void } {
  const over = new AbortController();
  const beat = async (): Promise<void> => {
    for await (const _ of every(HEARTBEAT_MS, undefined, { signal: over.signal, ref: false })) {
      try {
        const kept = await renewClaim(store, matrix, envoy, claim, clock.nowEpochMs());
        if (!kept || !(await isWanted())) stopped.abort(new Error('no longer wanted'));
      } catch {
        // The store is away: the cell goes on, and its end will tell.
      }
    }
  };
  beat().catch(() => undefined);
  return { stop: () => over.abort() };
}
