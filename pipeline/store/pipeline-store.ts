import type { StageName } from '../../render/ids.ts';
import type { AuditRecord, AuditSubject } from '../audit/audit-record.ts';
import type { Actor, EvidenceId, PromotionId } from '../ids.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { LineRecord, StageRecord } from '../stage/stage-record.ts';
import type { Job } from './job.ts';

/** What can be looked at, inside a transaction and outside of one. */
export type PipelineReader = {
  promotion(id: PromotionId): Promise<Promotion | undefined>;
  /** A stage that nothing ever happened to is empty, not missing. */
  stage(name: StageName): Promise<StageRecord>;
  line(): Promise<LineRecord>;
  /** Not terminal, oldest first; of one stage, or of all. */
  openPromotions(stage?: StageName): Promise<readonly Promotion[]>;
  /** Newest first. `before` is a promotion's id of an earlier page. */
  promotions(query: {
    readonly stage?: StageName;
    readonly limit: number;
    readonly before?: PromotionId;
  }): Promise<readonly Promotion[]>;
  /** Promotions whose version grew since that cursor, and the cursor to go on from: what live messages and boards follow. */
  changedSince(
    cursor: number,
    limit: number,
  ): Promise<{ readonly cursor: number; readonly promotions: readonly Promotion[] }>;
  evidence(id: EvidenceId): Promise<string | undefined>;
  /** In order of `seq`, from `fromSeq` on. */
  audit(fromSeq: number, limit: number): Promise<readonly AuditRecord[]>;
};

/**
 * One serialised step. Everything that it appends is stored together, with its jobs, or nothing is. Appends are folded at once:
 * readers of the same transaction see them.
 */
export type PipelineTransaction = PipelineReader & {
  readonly nowEpochMs: number;
  /**
   * Stores one fact and folds it into the record it is about. Throws `IllegalEvent` when the record does not take it; the transaction
   * is then given up as a whole.
   */
  append(actor: Actor, subject: AuditSubject, evidence?: readonly EvidenceId[]): Promise<void>;
  /** Stores a document by its content; the same content is stored once. */
  keep(kind: string, body: string): Promise<EvidenceId>;
  /** Runs after the commit, at the earliest at `atEpochMs`; once per `key` while one of that key waits. */
  enqueue(job: Job, options?: { readonly atEpochMs?: number; readonly key?: string }): Promise<void>;
  /** For rooms that keep tables of their own in the same database (the bot's inbox and outbox): plain SQL in this transaction. */
  sql<Row>(query: string, params: readonly unknown[]): Promise<readonly Row[]>;
};

/** PostgreSQL, or the embedded PGlite: same SQL, same behaviour. */
export interface PipelineStore extends AsyncDisposable {
  readonly kind: 'postgresql' | 'pglite';
  readonly read: PipelineReader;
  /**
   * Transactions that append are serialised by the head of the audit chain, whichever process they come from. Resolves once it is
   * durable. Rejects with what `work` threw, or with `StoreError` when the database is gone; nothing is stored then. `work` is run
   * again after a lost race or a lost connection (up to eight times, over about 3 s), so it must do nothing but ask and tell `tx`. One
   * fault is in doubt: `store-outcome-unknown`, of a transaction without facts whose commit was never answered.
   */
  transact<T>(work: (tx: PipelineTransaction) => Promise<T>): Promise<T>;
  /** Outside of a pipeline transaction, for tables of other rooms. */
  sql<Row>(query: string, params: readonly unknown[]): Promise<readonly Row[]>;
}
