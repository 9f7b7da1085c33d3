import type { Verdict } from '../../../conformance/cell.ts';
import type { Digest } from '../../../render/ids.ts';
import type { EvidenceId } from '../../ids.ts';
import type { JobRun } from '../../store/job.ts';
import type { Sql } from '../timers.ts';

/** One cell of a promotion's matrix, as the store has it. */
export type StoredCell = {
  readonly envoy: string;
  readonly state: 'waiting' | 'running' | 'done';
  /** 1, and 2 after a first run that nobody could tell by. */
  readonly attempt: number;
  readonly claimedEpochMs: number;
  readonly verdict: Verdict | undefined;
  readonly cached: boolean;
  readonly basis: string | undefined;
  readonly message: string | undefined;
  readonly report: EvidenceId | undefined;
};

/** What a matrix is of. */
export type MatrixOf = {
  /** The promotion's id; of a verification, its id and the stage. */
  readonly promotion: string;
  readonly digest: Digest;
  readonly baseDigest: Digest | undefined;
};

export type CellRow = {
  readonly envoy: string;
  readonly state: StoredCell['state'];
  readonly attempt: number;
  readonly claimed_epoch_ms: number | string;
  readonly verdict: StoredCell['verdict'] | null;
  readonly cached: boolean;
  readonly basis: string | null;
  readonly message: string | null;
  readonly report: EvidenceId | null;
};
const WHERE = 'promotion = $1 and digest = $2 and base_digest = $3';
const keyOf = ({ promotion, digest, baseDigest }: MatrixOf): unknown[] => [promotion, digest, baseDigest ?? ''];

/** In the order of their Envoy versions as the plan had them. */
export async function cellsOf(db: Sql, matrix: MatrixOf): Promise<readonly StoredCell[]> {
  const rows = await db.sql<CellRow>(
    `select ${CELL_COLUMNS} from meshgate.engine_cell where ${WHERE} order by place`,
    keyOf(matrix),
  );
  return rows.map(storedCell);
}

export const CELL_COLUMNS = 'envoy, state, attempt, claimed_epoch_ms, verdict, cached, basis, message, report';

export const storedCell = ({
  envoy,
  state,
  attempt,
  claimed_epoch_ms,
  verdict,
  cached,
  basis,
  message,
  report,
}: CellRow): StoredCell => ({
  envoy,
  state,
  attempt,
  claimedEpochMs: Number(claimed_epoch_ms),
  verdict: verdict ?? undefined,
  cached,
  basis: basis ?? undefined,
  message: message ?? undefined,
  report: report ?? undefined,
});

/** What passed for exactly these bytes stays; the rest is to be run. */
export async function beginMatrix(db: Sql, matrix: MatrixOf, envoys: readonly string[]): Promise<void> {
  await db.sql(`delete from meshgate.engine_cell where ${WHERE} and verdict is distinct from 'pass'`, keyOf(matrix));
  for (const [place, envoy] of envoys.entries())
    await db.sql(
      `insert into meshgate.engine_cell (promotion, digest, base_digest, envoy, place, state, attempt, claimed_epoch_ms, claim, cached)
       values ($1, $2, $3, $4, $5, 'waiting', 1, 0, '', false) on conflict do nothing`,
      [...keyOf(matrix), envoy, place],
    );
}

/** The name that a run of a job claims under; a later run of the same job has one that sorts after it. */
export const claimOf = ({ id, attempt }: JobRun): string => `${jobPrefix(id)}${String(attempt).padStart(6, '0')}`;
const jobPrefix = (job: string): string => `${job} `;

/**
 * True: it is ours to run. The claim of an earlier run of the same job is taken over at once: a job has a later run only when the one
 * before lost it. The claim of another job holds for as long as it is kept up, and `leaseMs` longer.
 */
export async function claimCell(
  db: Sql,
  matrix: MatrixOf,
  envoy: string,
  claim: { readonly run: JobRun; readonly nowEpochMs: number; readonly leaseMs: number },
): Promise<boolean> {
  const { run, nowEpochMs, leaseMs } = claim;
  const rows = await db.sql(
    `update meshgate.engine_cell set state = 'running', claim = $5, claimed_epoch_ms = $6 where ${WHERE} and envoy = $4
     and (state = 'waiting' or (state = 'running' and (claimed_epoch_ms < $7 or (starts_with(claim, $8) and claim <= $5))))
     returning envoy`,
    [...keyOf(matrix), envoy, claimOf(run), nowEpochMs, nowEpochMs - leaseMs, jobPrefix(run.id)],
  );
  return rows.length > 0;
}

/** False: another has it by now. */
export async function renewClaim(
  db: Sql,
  matrix: MatrixOf,
  envoy: string,
  claim: string,
  nowEpochMs: number,
): Promise<boolean> {
  const rows = await db.sql(
    `update meshgate.engine_cell set claimed_epoch_ms = $6 where ${WHERE} and envoy = $4
     and state = 'running' and claim = $5 returning envoy`,
    [...keyOf(matrix), envoy, claim, nowEpochMs],
  );
  return rows.length > 0;
}

/** Gives a cell back that was not run to its end, or asks for a second run. */
export async function reopenCell(
  db: Sql,
  matrix: MatrixOf,
  envoy: string,
  { attempt, claim }: { readonly attempt: number; readonly claim?: string },
): Promise<void> {
  await db.sql(
    `update meshgate.engine_cell set state = 'waiting', attempt = $5, verdict = null, claimed_epoch_ms = 0 where ${WHERE} and envoy = $4
     and ($6 = '' or (state = 'running' and claim = $6))`,
    [...keyOf(matrix), envoy, attempt, claim ?? ''],
  );
}

/** False: another worker has it by now, and its word counts. */
export async function endCell(
  db: Sql,
  matrix: MatrixOf,
  envoy: string,
  claim: string,
  end: Required<Pick<StoredCell, 'verdict' | 'cached' | 'basis' | 'message' | 'report'>>,
): Promise<boolean> {
  const rows = await db.sql(
    `update meshgate.engine_cell set state = 'done', verdict = $6, cached = $7, basis = $8, message = $9, report = $10
     where ${WHERE} and envoy = $4 and state = 'running' and claim = $5 returning envoy`,
    [...keyOf(matrix), envoy, claim, end.verdict, end.cached, end.basis, end.message ?? null, end.report],
  );
  return rows.length > 0;
}
