import { auditHash, evidenceId } from '../audit/audit-hash.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import { type Folded, fold } from '../audit/fold.ts';
import { isTerminal } from '../promotion/promotion.ts';
import type { Connection } from './connections.ts';
import type { PipelineTransaction } from './pipeline-store.ts';
import { queries } from './schema.ts';
import { sqlReader } from './sql-reader.ts';

/** The last row of the audit log. */
export type ChainHead = { readonly seq: number; readonly at_epoch_ms: number; readonly hash: string };

export type TransactionSettings = {
  readonly connection: Connection;
  readonly head: ChainHead;
  /** The head is locked already. */
  readonly locked: boolean;
  readonly nowEpochMs: number;
  readonly toolVersion: string;
  readonly enqueue: PipelineTransaction['enqueue'];
};

/** A transaction that is open, and what must be asked of it before it is committed. */
export type OpenTransaction = {
  readonly tx: PipelineTransaction;
  /** Writes the head of the chain; throws what an append threw, even if the work swallowed it. Resolves with the last row appended. */
  finish(): Promise<Receipt | undefined>;
};

/** What a transaction that appended can be known by afterwards. */
export type Receipt = { readonly seq: number; readonly hash: string };

/**
 * Appends and folds over one connection that has begun a transaction. Unlocked, it runs on one snapshot (REPEATABLE READ), and locking
 * the head fails with 40001 when somebody has appended since: so whatever the work has read still holds when it appends.
 */
export function sqlTransaction(settings: TransactionSettings): OpenTransaction {
  const { connection, nowEpochMs, toolVersion, enqueue } = settings;
  let { head, locked } = settings;
  let fault: unknown;
  const reader = sqlReader((work) => work(connection));

  async function lock(): Promise<void> {
    if (locked) return;
    await connection.rows(queries.selectFrom('chain_head').select('seq').where('id', '=', 1).forUpdate().compile());
    locked = true;
  }

  const append: PipelineTransaction['append'] = async (actor, subject, evidence = []) => {
    try {
      await lock();
      const folded = await fold(subject, nowEpochMs, reader);
      const facts = { seq: head.seq + 1, atEpochMs: nowEpochMs, actor, subject, evidence, toolVersion };
      const hash = auditHash({ ...facts, previousHash: head.hash });
      const row = {
        seq: facts.seq,
        at_epoch_ms: nowEpochMs,
        actor: canonicalJson(actor),
        subject: canonicalJson(subject),
        evidence: canonicalJson(evidence),
        tool_version: toolVersion,
        previous_hash: head.hash,
        hash,
      };
      await connection.rows(queries.insertInto('audit').values(row).compile());
      head = { seq: row.seq, at_epoch_ms: nowEpochMs, hash };
      await write(folded, row.seq);
    } catch (error) {
      fault ??= error;
      throw error;
    }
  };

  async function write(folded: Folded, changed_seq: number): Promise<void> {
    switch (folded.kind) {
      case 'promotion': {
        const { promotion } = folded;
        const row = {
          id: promotion.id,
          stage: promotion.request.stage,
          state_kind: promotion.state.kind,
          terminal: isTerminal(promotion.state),
          version: promotion.version,
          changed_seq,
          record: canonicalJson(promotion),
        };
        const query = folded.isNew
          ? queries.insertInto('promotion').values({ ...row, created_seq: changed_seq })
          : queries.updateTable('promotion').set(row).where('id', '=', promotion.id);
        await connection.rows(query.compile() as never);
        return;
      }
      case 'stage': {
        const { stage } = folded;
        const row = { version: stage.version, changed_seq, record: canonicalJson(stage) };
        const query = queries.insertInto('stage').values({ name: stage.name, ...row });
        await connection.rows(query.onConflict((on) => on.column('name').doUpdateSet(row)).compile());
        return;
      }
      case 'line': {
        const row = { version: folded.line.version, changed_seq, record: canonicalJson(folded.line) };
        const query = queries.insertInto('line').values({ id: 1, ...row });
        await connection.rows(query.onConflict((on) => on.column('id').doUpdateSet(row)).compile());
        return;
      }
      case 'nothing':
        return;
      default:
        folded satisfies never;
    }
  }

  const tx: PipelineTransaction = {
    ...reader,
    nowEpochMs,
    append,
    enqueue,
    async keep(kind, body) {
      const id = evidenceId(kind, body);
      const query = queries.insertInto('evidence').values({ id, kind, body: Buffer.from(body, 'utf8') });
      await connection.rows(query.onConflict((on) => on.column('id').doNothing()).compile());
      return id;
    },
    sql: (text, params) => connection.sql(text, params),
  };
  return {
    tx,
    async finish() {
      if (fault !== undefined) throw fault;
      if (head.seq === settings.head.seq) return undefined;
      const { seq, at_epoch_ms, hash } = head;
      await connection.rows(
        queries.updateTable('chain_head').set({ seq, at_epoch_ms, hash }).where('id', '=', 1).compile() as never,
      );
      return { seq, hash };
    },
  };
}
