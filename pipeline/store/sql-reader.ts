import type { Selectable } from 'kysely';
import type { AuditRecord } from '../audit/audit-record.ts';
import type { Promotion } from '../promotion/promotion.ts';
import { emptyStage, type LineRecord, openLine, type StageRecord } from '../stage/stage-record.ts';
import type { Connection } from './connections.ts';
import type { PipelineReader } from './pipeline-store.ts';
import { queries, type Tables } from './schema.ts';

/** Largest page of any list. */
const MAX_PAGE = 10_000;
const page = (limit: number): number => Math.max(0, Math.min(Math.floor(limit), MAX_PAGE));

/** Reads through whatever `lend` lends: one transaction, or any connection. */
export function sqlReader(lend: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>): PipelineReader {
  const promotions = queries.selectFrom('promotion').select('record');
  const recordsOf = async (query: typeof promotions): Promise<readonly Promotion[]> =>
    (await lend((connection) => connection.rows(query.compile()))).map(parsed<Promotion>);

  return {
    async promotion(id) {
      return (await recordsOf(promotions.where('id', '=', id)))[0];
    },
    async stage(name) {
      const query = queries.selectFrom('stage').select('record').where('name', '=', name).compile();
      const [row] = await lend((connection) => connection.rows(query));
      return row ? { ...emptyStage(name), ...parsed<StageRecord>(row) } : emptyStage(name);
    },
    async line() {
      const query = queries.selectFrom('line').select('record').compile();
      const [row] = await lend((connection) => connection.rows(query));
      return row ? { ...openLine, ...parsed<LineRecord>(row) } : openLine;
    },
    openPromotions(stage) {
      const open = promotions.where('terminal', '=', false).orderBy('created_seq');
      return recordsOf(stage === undefined ? open : open.where('stage', '=', stage));
    },
    promotions({ stage, limit, before }) {
      let query = promotions.orderBy('created_seq', 'desc').limit(page(limit));
      if (stage !== undefined) query = query.where('stage', '=', stage);
      if (before !== undefined)
        query = query.where('created_seq', '<', (from) =>
          from.selectFrom('promotion as earlier').select('earlier.created_seq').where('earlier.id', '=', before),
        );
      return recordsOf(query);
    },
    async changedSince(cursor, limit) {
      const query = queries
        .selectFrom('promotion')
        .select(['record', 'changed_seq'])
        .where('changed_seq', '>', cursor)
        .orderBy('changed_seq')
        .limit(page(limit))
        .compile();
      const rows = await lend((connection) => connection.rows(query));
      return { cursor: rows.at(-1)?.changed_seq ?? cursor, promotions: rows.map(parsed<Promotion>) };
    },
    async evidence(id) {
      const query = queries.selectFrom('evidence').select('body').where('id', '=', id).compile();
      const [row] = await lend((connection) => connection.rows(query));
      return row?.body.toString('utf8');
    },
    async audit(fromSeq, limit) {
      const query = queries
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>=', fromSeq)
        .orderBy('seq')
        .limit(page(limit))
        .compile();
      return (await lend((connection) => connection.rows(query))).map(auditRecordOf);
    },
  };
}

/** `pg` has parsed columns of type json already. */
const parsed = <T>({ record }: { readonly record: string }): T => record as unknown as T;

function auditRecordOf(row: Selectable<Tables['audit']>): AuditRecord {
  return {
    seq: row.seq,
    atEpochMs: row.at_epoch_ms,
    actor: row.actor as unknown as AuditRecord['actor'],
    subject: row.subject as unknown as AuditRecord['subject'],
    evidence: row.evidence as unknown as AuditRecord['evidence'],
    toolVersion: row.tool_version,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
