import type { Finding } from '../../render/finding.ts';
import { auditHash, CHAIN_START } from './audit-hash.ts';
import type { AuditRecord } from './audit-record.ts';
import type { AuditReplay } from './replay-audit.ts';
import type { AuditRule } from './rules.ts';

/** Where the chain is after a row. */
export type ChainPlace = { readonly seq: number; readonly hash: string; readonly atEpochMs: number };
export const CHAIN_BEGIN: ChainPlace = { seq: 0, hash: CHAIN_START, atEpochMs: 0 };

/** `audit:17:1`: the row of that `seq`. */
export const auditFinding = (rule: AuditRule, seq: number, saw: string, want: string): Finding => ({
  rule,
  severity: 'error',
  at: { file: 'audit', line: seq, column: 1 },
  saw,
  want,
});

/** What is wrong with one row, as it stands after `before`. */
export function chainProblems(row: AuditRecord, before: ChainPlace): readonly Finding[] {
  const { seq, previousHash, hash, atEpochMs } = row;
  const found: Finding[] = [];
  const add = (rule: AuditRule, saw: string, want: string): void => void found.push(auditFinding(rule, seq, saw, want));
  if (seq !== before.seq + 1)
    add('audit-gap', `row ${seq} after row ${before.seq}`, `row ${before.seq + 1}: rows are numbered without gaps`);
  else if (previousHash !== before.hash)
    add(
      'audit-chain-broken',
      `row ${seq} names ${previousHash} as the hash before it`,
      `${before.hash}, of row ${before.seq}`,
    );
  const computed = hashOf(row);
  if (computed !== hash)
    add('audit-row-altered', `row ${seq} has the hash ${hash}`, `${computed}: its content was altered`);
  if (atEpochMs < before.atEpochMs)
    add(
      'audit-chain-broken',
      `row ${seq} is from ${iso(atEpochMs)}`,
      `not before row ${before.seq}, ${iso(before.atEpochMs)}`,
    );
  return found;
}

/** A row that somebody noted outside of the database: what finds a log that was rewritten as a whole. */
export type NotedRow = { readonly seq: number; readonly hash: string };

export const notedProblems = (row: AuditRecord, noted: NotedRow | undefined): readonly Finding[] =>
  noted?.seq === row.seq && noted.hash !== row.hash
    ? [
        auditFinding(
          'audit-head-differs',
          row.seq,
          `row ${row.seq} has the hash ${row.hash}`,
          `${noted.hash}, as noted`,
        ),
      ]
    : [];

export const endProblems = (last: ChainPlace, noted: NotedRow | undefined): readonly Finding[] =>
  noted !== undefined && noted.seq > last.seq
    ? [auditFinding('audit-head-differs', last.seq, `the log ends with row ${last.seq}`, `row ${noted.seq}, as noted`)]
    : [];

/** Folds the row; a finding where it cannot follow. */
export async function foldProblem(row: AuditRecord, replay: AuditReplay): Promise<Finding | undefined> {
  try {
    await replay.push(row);
    return undefined;
  } catch (error) {
    return auditFinding(
      'audit-illegal',
      row.seq,
      `row ${row.seq}: ${(error as Error).message}`,
      'what can follow the rows before',
    );
  }
}

function hashOf(row: AuditRecord): string {
  try {
    return auditHash(row);
  } catch {
    return 'none, as it is no JSON';
  }
}

const iso = (epochMs: number): string =>
  Number.isFinite(epochMs) && Math.abs(epochMs) <= 8.64e15 ? new Date(epochMs).toISOString() : String(epochMs);
