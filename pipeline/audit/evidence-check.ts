import type { Finding } from '../../render/finding.ts';
import type { Connection } from '../store/connections.ts';
import { evidenceId } from './audit-hash.ts';
import { auditFinding } from './chain-check.ts';

/** Documents may be large, so few at a time. */
const PAGE = 20;

/** Every stored document against its name, and every one that the log rests on (`wanted`: id to seq) against what is there. */
export async function evidenceProblems(
  connection: Connection,
  wanted: ReadonlyMap<string, number>,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const missing = new Map(wanted);
  for (let after = ''; ; ) {
    signal?.throwIfAborted();
    const page = await connection.sql<{ id: string; kind: string; body: Buffer }>(
      'SELECT id, kind, body FROM meshgate.evidence WHERE id > $1 ORDER BY id LIMIT $2',
      [after, PAGE],
    );
    for (const { id, kind, body } of page) {
      missing.delete(id);
      const named = evidenceId(kind, body);
      if (named !== id)
        findings.push(
          auditFinding(
            'audit-evidence-altered',
            wanted.get(id) ?? 0,
            `${kind} ${id} holds ${named}`,
            'what its name says',
          ),
        );
      after = id;
    }
    if (page.length < PAGE) break;
  }
  for (const [id, seq] of missing)
    findings.push(
      auditFinding(
        'audit-evidence-missing',
        seq,
        `row ${seq} rests on ${id}, which is not stored`,
        'its documents beside it',
      ),
    );
  return findings;
}
