import type { Actor, EvidenceId, PromotionId } from '../../../pipeline/ids.ts';
import type { Finding } from '../../../render/finding.ts';
import type { StageName } from '../../../render/ids.ts';

/** One row of the audit log, as people read it. */
export type AuditRow = {
  readonly seq: number;
  readonly atEpochMs: number;
  readonly actor: Actor;
  readonly stage?: StageName;
  readonly promotion?: PromotionId;
  /** Of the event (`approved`), or `refusal`. */
  readonly kind: string;
  /** One line, such as `approved: looks right`. */
  readonly words: string;
  readonly evidence: readonly EvidenceId[];
  readonly hash: string;
};

/** `GET /api/audit/verify`: every row against its hash and the row before, every record against the replay. */
export type AuditVerification = {
  readonly verifiedEpochMs: number;
  readonly isSound: boolean;
  readonly rows: number;
  readonly promotions: number;
  readonly head: { readonly seq: number; readonly hash: string };
  /** What is wrong; at most 100. */
  readonly findings: readonly Finding[];
};
