import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { HistoryQuery, HistoryView } from '../api/types/history.ts';
import { auditRecords, auditRow } from './audit-rows.ts';
import type { HistoryIndex } from './history-index.ts';
import { folded, type TermScope } from './history-terms.ts';
import { plainText } from './plain-text.ts';

/** So much of a long log is read in while somebody waits for an answer. */
const PAGES = 10;
const DEFAULT_LIMIT = 50;

/** After every text that begins with it; no well-formed text has U+10FFFF in it. */
const LAST = '\u{10ffff}';

/** Rows of the audit log by what is in them, newest first. */
export async function historyView(
  query: HistoryQuery,
  store: PipelineStore,
  index: HistoryIndex,
): Promise<HistoryView> {
  const { seq: readUpTo, of } = await index.catchUp(PAGES);
  const limit = query.limit ?? DEFAULT_LIMIT;
  const params: unknown[] = [];
  const param = (value: unknown): string => `$${params.push(value)}`;
  const beginning = (scope: TermScope, text: string): string => {
    const from = folded(text);
    return `t.scope = ${param(scope)} AND t.term >= ${param(from)} COLLATE "C" AND t.term < ${param(from + LAST)} COLLATE "C"`;
  };
  const promotionsOf = (scope: TermScope, text: string): string =>
    `(r.promotion IN (SELECT o.promotion FROM meshgate.board_term t JOIN meshgate.board_row o ON o.seq = t.seq
       WHERE ${beginning(scope, text)}) OR r.seq IN (SELECT t.seq FROM meshgate.board_term t WHERE ${beginning(scope, text)}))`;
  const where = ['true'];
  if (query.person !== undefined)
    where.push(`r.seq IN (SELECT t.seq FROM meshgate.board_term t WHERE ${beginning('person', query.person)})`);
  if (query.service !== undefined) where.push(promotionsOf('service', query.service));
  if (query.digest !== undefined) where.push(promotionsOf('digest', query.digest));
  if (query.stage !== undefined) where.push(`r.stage = ${param(plainText(query.stage))}`);
  if (query.promotion !== undefined) where.push(`r.promotion = ${param(plainText(query.promotion))}`);
  if (query.kind !== undefined) where.push(`r.kind = ${param(plainText(query.kind))}`);
  if (query.fromEpochMs !== undefined) where.push(`r.at_epoch_ms >= ${param(query.fromEpochMs)}::bigint`);
  if (query.toEpochMs !== undefined) where.push(`r.at_epoch_ms <= ${param(query.toEpochMs)}::bigint`);
  if (query.before !== undefined) where.push(`r.seq < ${param(query.before)}::bigint`);
  // What only gives a promotion its number says nothing to people.
  if (query.kind === undefined) where.push(`r.kind <> 'numbered'`);
  const found = await store.sql<{ seq: number | string }>(
    `SELECT r.seq FROM meshgate.board_row r WHERE ${where.join(' AND ')} ORDER BY r.seq DESC LIMIT ${param(limit + 1)}::bigint`,
    params,
  );
  const seqs = found.slice(0, limit).map(({ seq }) => Number(seq));
  const rows = (await auditRecords(store, seqs)).toReversed().map(auditRow);
  const last = seqs.at(-1);
  return {
    rows,
    ...(found.length > limit && last !== undefined ? { next: last } : {}),
    ...(readUpTo < of ? { readUpTo: { seq: readUpTo, of } } : {}),
  };
}
