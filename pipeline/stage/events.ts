import type { PersonId, PromotionId } from '../ids.ts';
import type { Drift, HoldCause, Landed } from './stage-record.ts';

/** What happened to a stage beside the events of its promotions. */
export type StageEvent =
  | { readonly kind: 'landed'; readonly landed: Landed; readonly purpose: 'promote' | 'rollback' }
  | {
      readonly kind: 'held';
      readonly reason: string;
      readonly cause?: HoldCause;
      readonly promotion: PromotionId | undefined;
    }
  | { readonly kind: 'released'; readonly by: PersonId; readonly reason: string }
  | { readonly kind: 'frozen'; readonly by: PersonId; readonly reason: string }
  | { readonly kind: 'unfrozen'; readonly by: PersonId; readonly reason: string }
  | { readonly kind: 'drift-found'; readonly drift: Omit<Drift, 'sinceEpochMs'> }
  /** It went away by itself or was put right. */
  | { readonly kind: 'drift-ended'; readonly how: 'reconciled' | 'adopted' | 'gone'; readonly by: PersonId | undefined }
  /** A promotion got its name. */
  | { readonly kind: 'numbered'; readonly counter: number };

export type LineEvent =
  | { readonly kind: 'stopped'; readonly by: PersonId; readonly reason: string }
  | { readonly kind: 'resumed'; readonly by: PersonId; readonly reason: string };
