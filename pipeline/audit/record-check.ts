import type { Finding } from '../../render/finding.ts';
import { isTerminal } from '../promotion/promotion.ts';
import type { Connection } from '../store/connections.ts';
import { canonicalJson } from './canonical-json.ts';
import { auditFinding } from './chain-check.ts';
import type { TracedReplay } from './traced-replay.ts';

type Row = Readonly<Record<string, unknown>>;

/** Every row of the folded tables, column for column, against what the log says. */
export async function recordProblems(connection: Connection, replay: TracedReplay): Promise<readonly Finding[]> {
  const { promotions, stages, line, createdSeq, changedSeq } = replay;
  const wanted = new Map<string, Row>();
  for (const [id, promotion] of promotions) {
    const name = `promotion ${id}`;
    wanted.set(name, {
      stage: promotion.request.stage,
      state_kind: promotion.state.kind,
      terminal: isTerminal(promotion.state),
      version: promotion.version,
      created_seq: createdSeq.get(name),
      changed_seq: changedSeq.get(name),
      record: canonicalJson(promotion),
    });
  }
  for (const [stage, record] of stages) {
    const name = `stage ${stage}`;
    wanted.set(name, { version: record.version, changed_seq: changedSeq.get(name), record: canonicalJson(record) });
  }
  if (changedSeq.has('line'))
    wanted.set('line', { version: line.version, changed_seq: changedSeq.get('line'), record: canonicalJson(line) });

  const stored = [
    ...(await connection.sql<Row & { name: string }>(
      `SELECT 'promotion ' || id AS name, stage, state_kind, terminal, version, created_seq, changed_seq, record::text
         FROM meshgate.promotion`,
      [],
    )),
    ...(await connection.sql<Row & { name: string }>(
      `SELECT 'stage ' || name AS name, version, changed_seq, record::text FROM meshgate.stage`,
      [],
    )),
    ...(await connection.sql<Row & { name: string }>(
      `SELECT 'line' AS name, version, changed_seq, record::text FROM meshgate.line`,
      [],
    )),
  ];
  const findings: Finding[] = [];
  for (const { name, ...row } of stored) {
    const want = wanted.get(name);
    wanted.delete(name);
    if (want) findings.push(...differences(name, row, want, changedSeq.get(name) ?? 0));
    else
      findings.push(auditFinding('audit-record-differs', 0, `a record of ${name}`, 'none: the log tells of no such'));
  }
  for (const name of wanted.keys())
    findings.push(
      auditFinding(
        'audit-record-differs',
        changedSeq.get(name) ?? 0,
        `no record of ${name}`,
        'the one that the log tells of',
      ),
    );
  return findings;
}

const differences = (name: string, row: Row, want: Row, seq: number): readonly Finding[] =>
  Object.entries(want)
    .filter(([column, value]) => row[column] !== value)
    .map(([column, value]) =>
      auditFinding(
        'audit-record-differs',
        seq,
        `${name}: ${column} is ${excerpt(row[column], value)}`,
        excerpt(value, row[column]),
      ),
    );

/** Where two long texts first differ, with a little before it. */
function excerpt(value: unknown, other: unknown): string {
  const [text, against] = [String(value), String(other)];
  if (text.length <= 80) return text;
  let at = 0;
  while (at < text.length && text[at] === against[at]) at++;
  const from = Math.max(0, at - 20);
  return `${from > 0 ? '…' : ''}${text.slice(from, from + 70)}${from + 70 < text.length ? '…' : ''}`;
}
