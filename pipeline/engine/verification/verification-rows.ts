import type { Verdict } from '../../../conformance/cell.ts';
import type { Finding } from '../../../render/finding.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import type { Revision, VerificationId } from '../../ids.ts';
import { cellsOf } from '../matrix/cells.ts';
import type { Sql } from '../timers.ts';
import {
  matrixOfStage,
  type Verification,
  type VerifiedStage,
  verificationId,
  verificationNumber,
} from './verification.ts';

export type VerificationRow = {
  readonly number: number | string;
  readonly revision: Revision;
  readonly asked_by: string;
  readonly asked_epoch_ms: number | string;
  readonly ended_epoch_ms: number | string | null;
  readonly state: Verification['state'];
  readonly verdict: Verdict | null;
  readonly message: string | null;
  readonly findings: string;
};
export type VerifiedStageRow = {
  readonly stage: StageName;
  readonly digest: Digest | null;
  readonly base_digest: Digest | null;
  readonly findings: string;
};

export async function addVerification(
  db: Sql,
  asked: Pick<Verification, 'revision' | 'askedBy' | 'askedEpochMs'>,
): Promise<VerificationId> {
  const { revision, askedBy, askedEpochMs } = asked;
  const [row] = await db.sql<{ readonly number: number | string }>(
    `insert into meshgate.engine_verification (revision, asked_by, asked_epoch_ms, looked_epoch_ms, state, findings)
     values ($1, $2, $3, $3, 'asked', '[]') returning number`,
    [revision, askedBy, askedEpochMs],
  );
  return verificationId(row?.number ?? 0);
}

/** The one that is under way for a revision, if any: nobody needs it twice at once. */
export async function openVerification(db: Sql, revision: Revision): Promise<VerificationId | undefined> {
  const [row] = await db.sql<{ readonly number: number | string }>(
    `select number from meshgate.engine_verification where state <> 'ended' and revision = $1 order by number limit 1`,
    [revision],
  );
  return row && verificationId(row.number);
}

export async function readVerification(db: Sql, id: string): Promise<Verification | undefined> {
  const number = verificationNumber(id);
  if (number === undefined) return undefined;
  const [row] = await db.sql<VerificationRow>(
    `select ${VERIFICATION_COLUMNS} from meshgate.engine_verification where number = $1`,
    [number],
  );
  if (!row) return undefined;
  const stages = await db.sql<VerifiedStageRow>(
    'select stage, digest, base_digest, findings from meshgate.engine_verification_stage where number = $1 order by place',
    [number],
  );
  const whole: VerifiedStage[] = [];
  for (const stage of stages) {
    const matrix = matrixOfStage(verificationId(number), verifiedStage(stage, []));
    whole.push(verifiedStage(stage, matrix ? await cellsOf(db, matrix) : []));
  }
  return verificationOf(row, whole);
}

export const VERIFICATION_COLUMNS =
  'number, revision, asked_by, asked_epoch_ms, ended_epoch_ms, state, verdict, message, findings';

export const verifiedStage = (
  { stage, digest, base_digest, findings }: VerifiedStageRow,
  cells: VerifiedStage['cells'],
): VerifiedStage => ({
  stage,
  digest: digest ?? undefined,
  baseDigest: base_digest ?? undefined,
  findings: findingsOf(findings),
  cells,
});

export const verificationOf = (row: VerificationRow, stages: readonly VerifiedStage[]): Verification => ({
  id: verificationId(row.number),
  revision: row.revision,
  askedBy: row.asked_by,
  askedEpochMs: Number(row.asked_epoch_ms),
  endedEpochMs: row.ended_epoch_ms === null ? undefined : Number(row.ended_epoch_ms),
  state: row.state,
  verdict: row.verdict ?? undefined,
  message: row.message ?? undefined,
  findings: findingsOf(row.findings),
  stages,
});

const findingsOf = (text: string): readonly Finding[] => JSON.parse(text) as readonly Finding[];

/** False: somebody else began it. */
export async function beginVerification(
  db: Sql,
  id: VerificationId,
  stages: readonly Omit<VerifiedStage, 'cells'>[],
): Promise<boolean> {
  const number = verificationNumber(id);
  const begun = await db.sql(
    `update meshgate.engine_verification set state = 'running', message = null
     where number = $1 and state = 'asked' returning number`,
    [number],
  );
  if (begun.length === 0) return false;
  for (const [place, { stage, digest, baseDigest, findings }] of stages.entries())
    await db.sql(
      `insert into meshgate.engine_verification_stage (number, place, stage, digest, base_digest, findings)
       values ($1, $2, $3, $4, $5, $6)`,
      [number, place, stage, digest ?? null, baseDigest ?? null, JSON.stringify(findings)],
    );
  return true;
}

export async function endVerification(
  db: Sql,
  id: VerificationId,
  end: {
    readonly verdict: Verdict;
    readonly message: string | undefined;
    readonly findings: readonly Finding[];
    readonly atEpochMs: number;
  },
): Promise<void> {
  await db.sql(
    `update meshgate.engine_verification set state = 'ended', verdict = $2, message = $3, findings = $4, ended_epoch_ms = $5
     where number = $1 and state <> 'ended'`,
    [verificationNumber(id), end.verdict, end.message ?? null, JSON.stringify(end.findings), end.atEpochMs],
  );
}

/** Why it does not begin, for whoever asks meanwhile. */
export async function noteTrouble(db: Sql, id: VerificationId, message: string): Promise<void> {
  await db.sql(`update meshgate.engine_verification set message = $2 where number = $1 and state = 'asked'`, [
    verificationNumber(id),
    message,
  ]);
}

export async function noteLook(db: Sql, id: VerificationId, atEpochMs: number): Promise<void> {
  await db.sql('update meshgate.engine_verification set looked_epoch_ms = $2 where number = $1', [
    verificationNumber(id),
    atEpochMs,
  ]);
}

/** Those that nobody looked at for too long. */
export async function lostVerifications(db: Sql, beforeEpochMs: number): Promise<readonly VerificationId[]> {
  const rows = await db.sql<{ readonly number: number | string }>(
    `select number from meshgate.engine_verification where state <> 'ended' and looked_epoch_ms < $1 order by number`,
    [beforeEpochMs],
  );
  return rows.map(({ number }) => verificationId(number));
}
