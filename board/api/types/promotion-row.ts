import type { Actor, PromotionId, Revision } from '../../../pipeline/ids.ts';
import type { Request, StateKind } from '../../../pipeline/promotion/promotion.ts';
import type { Digest, StageName } from '../../../render/ids.ts';

/** A promotion in a list. */
export type PromotionRow = {
  readonly id: PromotionId;
  readonly stage: StageName;
  readonly purpose: Request['purpose'];
  readonly revision: Revision;
  /** Once it is planned; of a rollback from the beginning. */
  readonly digest?: Digest;
  readonly requestedBy: Actor;
  readonly requestedEpochMs: number;
  readonly reason: string;
  readonly state: StateKind;
  readonly sinceEpochMs: number;
  readonly hasEnded: boolean;
  /** Where it stands, as one phrase: `waits at its gates, verdict pass`. */
  readonly standing: string;
  readonly summary?: string;
};
