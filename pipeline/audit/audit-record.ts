import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { Actor, EvidenceId, PromotionId } from '../ids.ts';
import type { PromotionEvent } from '../promotion/events.ts';
import type { LineEvent, StageEvent } from '../stage/events.ts';

/** What one row of the audit log tells of. The first three are what all state is folded from. */
export type AuditSubject =
  | {
      readonly kind: 'promotion';
      readonly promotion: PromotionId;
      readonly stage: StageName;
      readonly event: PromotionEvent;
    }
  | { readonly kind: 'stage'; readonly stage: StageName; readonly event: StageEvent }
  | { readonly kind: 'line'; readonly event: LineEvent }
  /** Somebody asked for what they may not, or what cannot be. Changes no state. */
  | {
      readonly kind: 'refusal';
      readonly action: string;
      readonly stage: StageName | undefined;
      readonly promotion: PromotionId | undefined;
      readonly finding: Finding;
    };

/** One row, as stored and exported. `hash` covers every other member, with `previousHash`. */
export type AuditRecord = {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  readonly atEpochMs: number;
  readonly actor: Actor;
  readonly subject: AuditSubject;
  /** Documents that the event rests on. */
  readonly evidence: readonly EvidenceId[];
  /** Of Meshgate. */
  readonly toolVersion: string;
  /** Lower-case hex SHA-256; of row 0 it is 64 zeros. */
  readonly previousHash: string;
  readonly hash: string;
};
