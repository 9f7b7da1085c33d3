import type { AuditSubject } from '../../../pipeline/audit/audit-record.ts';
import type { Actor, PersonId, PromotionId, Revision } from '../../../pipeline/ids.ts';
import type { PromotionEvent } from '../../../pipeline/promotion/events.ts';
import type { StageEvent } from '../../../pipeline/stage/events.ts';
import type { StageName } from '../../../render/ids.ts';

export const BETA = 'beta' as StageName;
export const ADA = 'ada' as PersonId;
export const BY_ADA: Actor = { kind: 'person', person: ADA, via: 'cli' };

export const promotionId = (id: string): PromotionId => id as PromotionId;

export const requested = (reason = 'because', stage = BETA): PromotionEvent => ({
  kind: 'requested',
  behind: undefined,
  request: {
    stage,
    purpose: 'promote',
    revision: 'a'.repeat(40) as Revision,
    digest: undefined,
    by: BY_ADA,
    atEpochMs: 1,
    reason,
    retryOf: undefined,
  },
});

export const ofPromotion = (id: string, event: PromotionEvent, stage = BETA): AuditSubject => ({
  kind: 'promotion',
  promotion: promotionId(id),
  stage,
  event,
});

export const ofStage = (event: StageEvent, stage = BETA): AuditSubject => ({ kind: 'stage', stage, event });

export const CANCELLED: PromotionEvent = { kind: 'cancelled', by: BY_ADA, reason: 'changed my mind' };
