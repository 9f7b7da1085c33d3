import type { AuditRow } from './audit.ts';

/** What `GET /api/history` takes; all that is given must hold. */
export type HistoryQuery = {
  /** A name, or the beginning of one: of who did it, approved, or is named in it. */
  readonly person?: string | undefined;
  /** A cluster or another resource: rows of promotions that changed it. */
  readonly service?: string | undefined;
  /** A digest or revision, or 4 characters of its beginning or more. */
  readonly digest?: string | undefined;
  readonly stage?: string | undefined;
  readonly promotion?: string | undefined;
  /** Of the event. */
  readonly kind?: string | undefined;
  readonly fromEpochMs?: number | undefined;
  readonly toEpochMs?: number | undefined;
  /** `next` of the page before. */
  readonly before?: number | undefined;
  /** Default 50, at most 200. */
  readonly limit?: number | undefined;
};

/** Newest first. */
export type HistoryView = {
  readonly rows: readonly AuditRow[];
  /** Sent as `before`, gives the next page; absent: this is the last. */
  readonly next?: number;
  /** The log is being read in for the first time: rows up to there are searched. */
  readonly readUpTo?: { readonly seq: number; readonly of: number };
};
