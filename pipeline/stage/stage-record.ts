import type { Digest, StageName } from '../../render/ids.ts';
import type { PersonId, PolicyVersion, PromotionId, Revision, TargetVersion } from '../ids.ts';

/** What was promoted into a stage and stayed. */
export type Landed = {
  readonly digest: Digest;
  readonly revision: Revision;
  readonly policyVersion: PolicyVersion;
  readonly promotion: PromotionId;
  readonly targetVersion: TargetVersion;
  /** When it was found well, or taken as it is: it is live, and soaks, from here on. (In records of earlier versions: when it was pushed.) */
  readonly atEpochMs: number;
};

/**
 * `rolled-back`: it went back to what was good. `unsettled`: nobody can tell whether the target has what was promoted or something else.
 * `undecided`: it went back, and nobody could tell whether that helped.
 */
export type HoldCause = 'rolled-back' | 'unsettled' | 'undecided';
/** A stage that stays where it is until a person releases it. */
export type Hold = {
  readonly reason: string;
  /** Undefined in records of before there were causes. */
  readonly cause?: HoldCause;
  readonly sinceEpochMs: number;
  readonly promotion: PromotionId | undefined;
};
export type Freeze = { readonly by: PersonId; readonly reason: string; readonly sinceEpochMs: number };
/** Promoted ≠ delivered ≠ served ≠ applied. */
export type Drift = {
  readonly kind: 'delivered' | 'served' | 'applied';
  readonly want: Digest | undefined;
  /** What is there instead, as far as it has a digest; else in words. */
  readonly saw: string;
  /** For `delivered`: what the target is at. */
  readonly targetVersion: TargetVersion | undefined;
  readonly sinceEpochMs: number;
};

/** All that Meshgate knows of a stage; folded from events, like promotions. */
export type StageRecord = {
  readonly name: StageName;
  /** What is promoted here: delivered, observed and taken. */
  readonly live: Landed | undefined;
  /** What was live before, newest first, without `live` itself: where a rollback may go. At most `KEPT_LANDINGS`. */
  readonly past: readonly Landed[];
  readonly hold: Hold | undefined;
  readonly freeze: Freeze | undefined;
  readonly drift: Drift | undefined;
  /** When a hold was last released, or drift last ended: soaking begins anew there. */
  readonly disturbedEpochMs?: number;
  /** Names the next promotion. */
  readonly counter: number;
  readonly version: number;
};
export const KEPT_LANDINGS = 50;

/** All stages at once. */
export type LineRecord = {
  readonly stopped: { readonly by: PersonId; readonly reason: string; readonly sinceEpochMs: number } | undefined;
  readonly version: number;
};

export const emptyStage = (name: StageName): StageRecord => ({
  name,
  live: undefined,
  past: [],
  hold: undefined,
  freeze: undefined,
  drift: undefined,
  counter: 0,
  version: 0,
});
export const openLine: LineRecord = { stopped: undefined, version: 0 };
