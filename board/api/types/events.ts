import type { PromotionId } from '../../../pipeline/ids.ts';
import type { StageName } from '../../../render/ids.ts';

/**
 * `GET /api/events`: server-sent events. Each has an `id`; a connection with `Last-Event-ID` goes on after it and loses nothing. The
 * event `change` has a list of `Change` as its data; `reset` says that so much happened that everything is to be fetched again;
 * `signed-out` that the session has ended. Lines that begin with a colon are heartbeats, every 15 s.
 */
const EVENT_NAMES = ['hello', 'change', 'reset', 'signed-out'] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** What is to be fetched again. */
export type Change =
  /** Also its row in lists, and its stage. */
  | { readonly kind: 'promotion'; readonly promotion: PromotionId; readonly stage: StageName }
  /** Live, hold, freeze or drift of a stage. */
  | { readonly kind: 'stage'; readonly stage: StageName }
  | { readonly kind: 'line' }
  /** A cell began or ended, Envoys ACKed: the promotion's page and its stage's line of progress. */
  | { readonly kind: 'progress'; readonly promotion: PromotionId; readonly line: string }
  /** Envoys, control planes or traffic of a stage. */
  | { readonly kind: 'fleet'; readonly stage: StageName }
  /** A verification was asked for, or one under way went on. */
  | { readonly kind: 'verifications' }
  /** A row of the audit log was added (with every promotion, stage and line that changes, too). */
  | { readonly kind: 'audit'; readonly seq: number };

export type Hello = { readonly nowEpochMs: number; readonly toolVersion: string };
