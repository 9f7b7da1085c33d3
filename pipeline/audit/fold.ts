import type { StageName } from '../../render/ids.ts';
import type { PromotionId } from '../ids.ts';
import { IllegalEvent, newPromotion, nextPromotion } from '../promotion/next-promotion.ts';
import type { Promotion } from '../promotion/promotion.ts';
import { nextLine, nextStage } from '../stage/next-stage.ts';
import type { LineRecord, StageRecord } from '../stage/stage-record.ts';
import type { AuditSubject } from './audit-record.ts';

/** What a fact is folded into, as far as it is there. */
export type FoldSource = {
  promotion(id: PromotionId): Promise<Promotion | undefined>;
  stage(name: StageName): Promise<StageRecord>;
  line(): Promise<LineRecord>;
};

/** The record after a fact, or nothing where the fact changes no state. */
export type Folded =
  | { readonly kind: 'promotion'; readonly promotion: Promotion; readonly isNew: boolean }
  | { readonly kind: 'stage'; readonly stage: StageRecord }
  | { readonly kind: 'line'; readonly line: LineRecord }
  | { readonly kind: 'nothing' };

/** The one way from facts to state: the store folds what it appends with it, and replay what was exported. Rejects with `IllegalEvent`. */
export async function fold(subject: AuditSubject, atEpochMs: number, before: FoldSource): Promise<Folded> {
  switch (subject.kind) {
    case 'promotion': {
      const { promotion: id, stage, event } = subject;
      const known = await before.promotion(id);
      const promotion = known ? nextPromotion(known, event, atEpochMs) : newPromotion(id, event, atEpochMs);
      if (promotion.request.stage !== stage)
        throw new IllegalEvent(`promotion ${id} is of stage ${promotion.request.stage}, not of ${stage}`);
      return { kind: 'promotion', promotion, isNew: known === undefined };
    }
    case 'stage':
      return { kind: 'stage', stage: nextStage(await before.stage(subject.stage), subject.event, atEpochMs) };
    case 'line':
      return { kind: 'line', line: nextLine(await before.line(), subject.event, atEpochMs) };
    case 'refusal':
      return { kind: 'nothing' };
    default:
      return subject satisfies never;
  }
}
