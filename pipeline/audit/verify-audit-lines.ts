import type { Finding } from '../../render/finding.ts';
import {
  auditFinding,
  CHAIN_BEGIN,
  type ChainPlace,
  chainProblems,
  endProblems,
  foldProblem,
  type NotedRow,
  notedProblems,
} from './chain-check.ts';
import { AuditLineError, readAuditLine } from './read-audit-line.ts';
import { AuditReplay } from './replay-audit.ts';
import { type AuditReport, MAX_FINDINGS } from './verify-audit.ts';

/** What `verifyAudit` finds in an export, where there is nothing but the log: rows, their chain, and whether they can have happened. */
export async function verifyAuditLines(
  lines: Iterable<string> | AsyncIterable<string>,
  expect?: NotedRow,
): Promise<AuditReport> {
  const replay = new AuditReplay();
  const findings: Finding[] = [];
  let place: ChainPlace = CHAIN_BEGIN;
  let rows = 0;
  let number = 0;
  let legal = true;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    rows++;
    try {
      const row = readAuditLine(line, number);
      findings.push(...chainProblems(row, place), ...notedProblems(row, expect));
      const illegal: Finding | undefined = legal ? await foldProblem(row, replay) : undefined;
      if (illegal) findings.push(illegal);
      legal &&= illegal === undefined;
      place = row;
    } catch (error) {
      if (!(error instanceof AuditLineError)) throw error;
      legal = false;
      findings.push(
        auditFinding('audit-unreadable', place.seq + 1, error.message, 'one row as `mesh audit export` writes it'),
      );
    }
  }
  findings.push(...endProblems(place, expect));
  const { seq, hash, atEpochMs } = place;
  return {
    rows,
    promotions: replay.promotions.size,
    head: { seq, hash, atEpochMs },
    findings: findings.slice(0, MAX_FINDINGS),
  };
}
