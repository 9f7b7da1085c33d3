import type { Finding } from '../../render/finding.ts';
import type { Connection } from '../store/connections.ts';
import type { OpenStore } from '../store/open-store.ts';
import type { AuditRecord } from './audit-record.ts';
import { canonicalJson } from './canonical-json.ts';
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
import { evidenceProblems } from './evidence-check.ts';
import { readAuditLine } from './read-audit-line.ts';
import { recordProblems } from './record-check.ts';
import { TracedReplay } from './traced-replay.ts';

export type AuditReport = {
  readonly rows: number;
  readonly promotions: number;
  /** The last row. Noted elsewhere (a ticket, another system), it also finds a log that was rewritten as a whole: `expect`. */
  readonly head: ChainPlace;
  /** At most `MAX_FINDINGS`; each is at `audit:SEQ`. */
  readonly findings: readonly Finding[];
};
export const MAX_FINDINGS = 100;
const PAGE = 500;

export type VerifyOptions = {
  /** A row that was noted earlier: the log must have it, unchanged. */
  readonly expect?: NotedRow;
  readonly signal?: AbortSignal;
};

/**
 * Looks at everything: each row against its hash and the row before, the head, every folded record against the replay of the log, and
 * every document against its name. One snapshot, so it may run beside everything else. Rejects with `StoreError`, and when aborted.
 */
export async function verifyAudit(store: OpenStore, options: VerifyOptions = {}): Promise<AuditReport> {
  return await store.connections.use(async (connection) => {
    await connection.batch('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const report = await verifyIn(connection, options);
    await connection.batch('COMMIT');
    return report;
  });
}

/** The same, within a transaction that the caller has begun. */
export async function verifyIn(connection: Connection, { expect, signal }: VerifyOptions): Promise<AuditReport> {
  const replay = new TracedReplay();
  const findings: Finding[] = [];
  const wanted = new Map<string, number>();
  let place: ChainPlace = CHAIN_BEGIN;
  let rows = 0;
  let legal = true;
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    signal?.throwIfAborted();
    const page = await connection.sql<StoredRow>(ROWS, [after, PAGE]);
    for (const stored of page) {
      const { row, problem } = readRow(stored);
      rows++;
      after = stored.seq;
      if (problem) findings.push(problem);
      if (row) {
        findings.push(...chainProblems(row, place), ...notedProblems(row, expect));
        for (const id of row.evidence) wanted.set(id, row.seq);
        // One row that cannot be makes those after it look wrong too: the first says all.
        const illegal: Finding | undefined = legal ? await foldProblem(row, replay) : undefined;
        if (illegal) findings.push(illegal);
        legal &&= illegal === undefined;
      } else legal = false;
      place = { seq: stored.seq, hash: stored.hash, atEpochMs: stored.at_epoch_ms };
    }
    if (page.length < PAGE) break;
  }
  findings.push(...endProblems(place, expect));
  findings.push(...(await headProblems(connection, place)));
  // Against a log that is not sound itself, records say nothing.
  if (findings.length === 0) findings.push(...(await recordProblems(connection, replay)));
  findings.push(...(await evidenceProblems(connection, wanted, signal)));
  return { rows, promotions: replay.promotions.size, head: place, findings: findings.slice(0, MAX_FINDINGS) };
}

type StoredRow = {
  readonly seq: number;
  readonly at_epoch_ms: number;
  readonly actor: string;
  readonly subject: string;
  readonly evidence: string;
  readonly tool_version: string;
  readonly previous_hash: string;
  readonly hash: string;
};
const ROWS = `SELECT seq, at_epoch_ms, actor::text, subject::text, evidence::text, tool_version, previous_hash, hash
  FROM meshgate.audit WHERE seq > $1 ORDER BY seq LIMIT $2`;

/** Documents must also be written as they were hashed: a member twice, or a number in other digits, is an alteration. */
function readRow(stored: StoredRow): { readonly row?: AuditRecord; readonly problem?: Finding } {
  const { seq } = stored;
  try {
    for (const name of ['actor', 'subject', 'evidence'] as const)
      if (canonicalJson(JSON.parse(stored[name])) !== stored[name])
        return {
          problem: auditFinding(
            'audit-row-altered',
            seq,
            `row ${seq}: ${name} is written anew`,
            'the bytes that were hashed',
          ),
        };
    const { at_epoch_ms, tool_version, previous_hash, hash, actor, subject, evidence } = stored;
    const frame = { seq, atEpochMs: at_epoch_ms, toolVersion: tool_version, previousHash: previous_hash, hash };
    const documents = `"actor":${actor},"subject":${subject},"evidence":${evidence}`;
    return { row: readAuditLine(`${JSON.stringify(frame).slice(0, -1)},${documents}}`, seq) };
  } catch (error) {
    return {
      problem: auditFinding(
        'audit-row-altered',
        seq,
        `row ${seq}: ${(error as Error).message}`,
        'a row of an audit log',
      ),
    };
  }
}

async function headProblems(connection: Connection, last: ChainPlace): Promise<readonly Finding[]> {
  const heads = await connection.sql<{ seq: number; at_epoch_ms: number; hash: string }>(
    'SELECT seq, at_epoch_ms, hash FROM meshgate.chain_head',
    [],
  );
  const [head] = heads;
  if (heads.length === 1 && head?.seq === last.seq && head.hash === last.hash && head.at_epoch_ms === last.atEpochMs)
    return [];
  const saw = head ? `the head is row ${head.seq}, ${head.hash}, at ${head.at_epoch_ms}` : 'there is no head';
  const want = `row ${last.seq}, ${last.hash}, at ${last.atEpochMs}: the last of the log`;
  return [auditFinding('audit-head-differs', last.seq, saw, want)];
}
