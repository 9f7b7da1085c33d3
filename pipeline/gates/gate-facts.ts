import type { Policy } from '../access/policy.ts';
import type { PromotionId } from '../ids.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { LineRecord, StageRecord } from '../stage/stage-record.ts';

/** All that gates look at, read in one transaction. Gates do no I/O. */
export type GateFacts = {
  readonly nowEpochMs: number;
  readonly promotion: Promotion;
  /** Of the stage, as it holds now: of the revision that is live there. */
  readonly policy: Policy;
  readonly line: LineRecord;
  readonly stage: StageRecord;
  /** The record of `policy.previousStage`; undefined for the first stage. */
  readonly previous: StageRecord | undefined;
  /** What is, or may be, in the target of the stage before instead of what is live there: pushed, and not settled yet. */
  readonly unsettledBefore?: PromotionId | undefined;
};
