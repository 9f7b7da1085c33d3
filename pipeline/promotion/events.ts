import type { Finding } from '../../render/finding.ts';
import type { Actor, EvidenceId, PersonId, PromotionId, TargetVersion } from '../ids.ts';
import type { Approval } from './approval.ts';
import type { Plan, VerdictRecord } from './plan.ts';
import type { Request, SkippableGate, Step } from './promotion.ts';

/** What happened to one promotion. Facts, in the past tense; each is one row of the audit log. */
export type PromotionEvent =
  /** `behind`: another promotion occupies the stage; this one starts when that has ended. */
  | { readonly kind: 'requested'; readonly request: Request; readonly behind: PromotionId | undefined }
  | { readonly kind: 'dequeued' }
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'verified'; readonly verdict: VerdictRecord }
  | { readonly kind: 'approved'; readonly approval: Approval }
  /** A gate that will never open by waiting, or a person's no. */
  | { readonly kind: 'rejected'; readonly findings: readonly Finding[]; readonly by: Actor; readonly reason: string }
  /** All gates are open; what is going to be pushed, onto what, is stored before it is. */
  | { readonly kind: 'push-intended'; readonly onto: TargetVersion; readonly approvedBy: readonly PersonId[] }
  | { readonly kind: 'pushed'; readonly targetVersion: TargetVersion; readonly atEpochMs: number }
  /** Somebody else moved the target before the push: plan and verify again. */
  | { readonly kind: 'base-moved'; readonly saw: TargetVersion }
  | { readonly kind: 'observed-healthy'; readonly evidence: EvidenceId }
  | { readonly kind: 'observed-harm'; readonly findings: readonly Finding[]; readonly evidence: EvidenceId }
  | { readonly kind: 'observed-nothing'; readonly findings: readonly Finding[]; readonly evidence: EvidenceId }
  /** A person takes what nobody could tell. */
  | { readonly kind: 'accepted'; readonly by: PersonId; readonly reason: string }
  /** A person wants what was pushed (or is being pushed) back. */
  | { readonly kind: 'rollback-ordered'; readonly by: Actor; readonly reason: string }
  | { readonly kind: 'rolled-back'; readonly targetVersion: TargetVersion; readonly atEpochMs: number }
  /** After the retries. `mayBePushed`: the target may hold it, so the stage is held. */
  | { readonly kind: 'failed'; readonly during: Step; readonly message: string; readonly mayBePushed: boolean }
  | { readonly kind: 'retried'; readonly by: PersonId }
  | { readonly kind: 'cancelled'; readonly by: Actor; readonly reason: string }
  | { readonly kind: 'superseded'; readonly by: PromotionId }
  | { readonly kind: 'expired' }
  | {
      readonly kind: 'glass-broken';
      readonly gates: readonly SkippableGate[];
      readonly by: PersonId;
      readonly reason: string;
      readonly confirmByEpochMs: number;
    }
  | { readonly kind: 'glass-confirmed'; readonly by: PersonId }
  /** Nobody confirmed in time. */
  | { readonly kind: 'glass-lapsed' };
export type PromotionEventKind = PromotionEvent['kind'];
