import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { kindOf } from './audit-rows.ts';
import { type Term, termsOf } from './history-terms.ts';
import { plainText } from './plain-text.ts';

const PAGE = 200;

export type IndexReach = { readonly seq: number; readonly of: number };

/**
 * The index of the audit log. Whoever looks for something first has what is new read in; several processes may do so at once, as the
 * same rows come of the same log.
 */
export type HistoryIndex = {
  /** Reads in what is new, at most `pages` pages of it. Resolves with how far the index goes, and the log. */
  catchUp(pages: number): Promise<IndexReach>;
};

export function historyIndex(store: PipelineStore): HistoryIndex {
  let underWay: Promise<IndexReach> | undefined;

  async function read(pages: number): Promise<IndexReach> {
    let seq = await reach(store);
    let of = await head(store);
    for (let page = 0; page < pages && seq < of; page++) {
      const records = await store.read.audit(seq + 1, PAGE);
      if (records.length === 0) break;
      await add(store, records);
      seq = records.at(-1)?.seq ?? seq;
      of = Math.max(of, seq);
    }
    return { seq, of };
  }

  return {
    async catchUp(pages) {
      // Two at once in one process would do the same twice; who comes second looks again for what came meanwhile.
      await underWay?.catch(() => undefined);
      underWay ??= read(pages).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

async function reach(store: Pick<PipelineStore, 'sql'>): Promise<number> {
  const [row] = await store.sql<{ seq: number | string | null }>('SELECT max(seq) AS seq FROM meshgate.board_row', []);
  return Number(row?.seq ?? 0);
}

async function head(store: Pick<PipelineStore, 'sql'>): Promise<number> {
  const [row] = await store.sql<{ seq: number | string }>('SELECT seq FROM meshgate.chain_head', []);
  return Number(row?.seq ?? 0);
}

/** Terms first: a row that is there has all of its terms. */
async function add(store: PipelineStore, records: readonly AuditRecord[]): Promise<void> {
  const terms: (Term & { readonly seq: number })[] = [];
  for (const record of records)
    for (const term of await termsOf(record, store)) terms.push({ ...term, seq: record.seq });
  await store.sql(
    `INSERT INTO meshgate.board_term (scope, term, seq)
     SELECT scope, term, seq FROM jsonb_to_recordset($1::text::jsonb) AS given (scope text, term text, seq bigint)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(terms)],
  );
  const rows = records.map(({ seq, atEpochMs, subject }) => ({
    seq,
    atEpochMs,
    stage: ('stage' in subject ? subject.stage : undefined) ?? null,
    promotion: ('promotion' in subject ? subject.promotion : undefined) ?? null,
    kind: kindOf(subject),
  }));
  await store.sql(
    `INSERT INTO meshgate.board_row (seq, at_epoch_ms, stage, promotion, kind)
     SELECT seq, "atEpochMs", stage, promotion, kind
     FROM jsonb_to_recordset($1::text::jsonb) AS given (seq bigint, "atEpochMs" bigint, stage text, promotion text, kind text)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows, (_, value) => (typeof value === 'string' ? plainText(value) : value))],
  );
}
