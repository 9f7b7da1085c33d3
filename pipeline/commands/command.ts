import type { Digest, StageName } from '../../render/ids.ts';
import type { PromotionId } from '../ids.ts';
import type { Binding } from '../promotion/approval.ts';
import type { SkippableGate } from '../promotion/promotion.ts';

/** What a person can ask for: the same from Slack, the command line and the board. Revisions are as they were typed. */
export type Command =
  | {
      readonly kind: 'promote';
      readonly stage: StageName;
      readonly revision: string | undefined;
      readonly reason: string;
    }
  /** `binding`: what the person saw when they decided (from a button); what has changed since is refused. */
  | {
      readonly kind: 'approve';
      readonly promotion: PromotionId;
      readonly binding: Binding | undefined;
      readonly reason: string;
    }
  | { readonly kind: 'reject'; readonly promotion: PromotionId; readonly reason: string }
  | { readonly kind: 'cancel'; readonly promotion: PromotionId; readonly reason: string }
  | { readonly kind: 'retry'; readonly promotion: PromotionId }
  | {
      readonly kind: 'rollback';
      readonly stage: StageName;
      readonly digest: string | undefined;
      readonly reason: string;
    }
  | { readonly kind: 'release'; readonly stage: StageName; readonly reason: string }
  | { readonly kind: 'freeze'; readonly stage: StageName | undefined; readonly reason: string }
  | { readonly kind: 'unfreeze'; readonly stage: StageName | undefined; readonly reason: string }
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'resume'; readonly reason: string }
  | {
      readonly kind: 'break-glass';
      readonly promotion: PromotionId;
      readonly gates: readonly SkippableGate[];
      readonly reason: string;
      /** The stage's name, typed once more. */
      readonly typedStage: string;
    }
  | { readonly kind: 'confirm'; readonly promotion: PromotionId }
  /** Drift: put the target back to what is promoted, or take what is there as a promotion that is then proved. */
  | { readonly kind: 'reconcile'; readonly stage: StageName; readonly reason: string }
  | { readonly kind: 'adopt'; readonly stage: StageName; readonly reason: string };

/** Questions. They change nothing, need no role beyond being a person of this mesh, and are not audited. */
export type Query =
  | { readonly kind: 'status' }
  | { readonly kind: 'plan'; readonly stage: StageName; readonly revision: string | undefined }
  | { readonly kind: 'why'; readonly promotion: PromotionId | undefined }
  | { readonly kind: 'history'; readonly stage: StageName | undefined }
  /** Proves a revision on the whole matrix, without a promotion. */
  | { readonly kind: 'verify'; readonly revision: string | undefined }
  | { readonly kind: 'help'; readonly word: string | undefined };

export const COMMAND_WORDS = [
  'promote',
  'approve',
  'reject',
  'cancel',
  'retry',
  'rollback',
  'release',
  'freeze',
  'unfreeze',
  'stop',
  'resume',
  'break-glass',
  'confirm',
  'reconcile',
  'adopt',
] as const satisfies readonly Command['kind'][];
export const QUERY_WORDS = [
  'status',
  'plan',
  'why',
  'history',
  'verify',
  'help',
] as const satisfies readonly Query['kind'][];

/** A digest as people write it: 8 characters of it or more. */
export const isDigestPrefix = (text: string): text is Digest => /^[0-9a-f]{8,64}$/.test(text);
