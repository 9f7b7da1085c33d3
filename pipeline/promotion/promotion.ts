import type { Finding } from '../../render/finding.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import type { Actor, EvidenceId, PersonId, PromotionId, Revision, TargetVersion } from '../ids.ts';
import type { Approval } from './approval.ts';
import type { Plan, VerdictRecord } from './plan.ts';

/** What somebody asked for. It never changes. */
export type Request = {
  readonly stage: StageName;
  /** `rollback`: back to a digest that was good here; skips what only protects against the new. */
  readonly purpose: 'promote' | 'rollback';
  readonly revision: Revision;
  /** For a rollback: the digest to go back to. */
  readonly digest: Digest | undefined;
  readonly by: Actor;
  readonly atEpochMs: number;
  readonly reason: string;
  readonly retryOf: PromotionId | undefined;
};

/** Named gates skipped by a person with a reason; a second person confirms, or it is undone. */
export type BrokenGlass = {
  readonly gates: readonly SkippableGate[];
  readonly by: PersonId;
  readonly reason: string;
  readonly confirmByEpochMs: number;
  readonly confirmedBy: PersonId | undefined;
};
/** The verdict gate and the guards are not among them. */
export const SKIPPABLE_GATES = ['order', 'soak', 'freeze', 'approvals', 'owners'] as const;
export type SkippableGate = (typeof SKIPPABLE_GATES)[number];

export type Delivered = { readonly targetVersion: TargetVersion; readonly atEpochMs: number };
/** Somebody wants it back while it is being pushed: the push ends first, then it is undone. */
export type Abort = { readonly by: Actor; readonly reason: string };

/** Steps during which nobody could tell: what `errored` names. */
export type Step = 'planning' | 'verifying' | 'gating' | 'pushing' | 'observing' | 'rolling-back';

/** Data exists only in the states that have it. `sinceEpochMs` is when the state began. */
export type PromotionState = { readonly sinceEpochMs: number } & (
  | { readonly kind: 'queued'; readonly behind: PromotionId }
  | { readonly kind: 'planning' }
  | { readonly kind: 'verifying'; readonly plan: Plan }
  | { readonly kind: 'gating'; readonly plan: Plan; readonly verdict: VerdictRecord }
  /** Intent is stored; the target may or may not have it yet. */
  | {
      readonly kind: 'pushing';
      readonly plan: Plan;
      readonly verdict: VerdictRecord;
      readonly abort: Abort | undefined;
    }
  | { readonly kind: 'observing'; readonly plan: Plan; readonly verdict: VerdictRecord; readonly delivered: Delivered }
  /** The fleet was watched and nobody could tell: people decide. */
  | {
      readonly kind: 'undecided';
      readonly plan: Plan;
      readonly delivered: Delivered;
      readonly findings: readonly Finding[];
    }
  /** Observed well, and waits for the second person of a broken glass. */
  | { readonly kind: 'unconfirmed'; readonly plan: Plan; readonly delivered: Delivered }
  | {
      readonly kind: 'rolling-back';
      readonly plan: Plan;
      readonly delivered: Delivered;
      readonly findings: readonly Finding[];
      readonly by: Actor;
      readonly reason: string;
    }
  /** Could not be judged or done, after the retries. `retry` plans anew; the deadline ends it. */
  | { readonly kind: 'errored'; readonly during: Step; readonly message: string; readonly mayBePushed: boolean }
  | {
      readonly kind: 'promoted';
      readonly plan: Plan;
      readonly delivered: Delivered;
      readonly evidence: EvidenceId | undefined;
    }
  | {
      readonly kind: 'rolled-back';
      readonly plan: Plan;
      readonly findings: readonly Finding[];
      readonly reason: string;
    }
  /** A gate or a person said no. */
  | { readonly kind: 'rejected'; readonly findings: readonly Finding[]; readonly by: Actor; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly by: Actor; readonly reason: string }
  | { readonly kind: 'superseded'; readonly by: PromotionId }
  | { readonly kind: 'expired'; readonly was: string }
);
export type StateKind = PromotionState['kind'];

/** The durable record of moving one digest into one stage. */
export type Promotion = {
  readonly id: PromotionId;
  readonly request: Request;
  readonly state: PromotionState;
  /** All that were ever given; a gate counts those whose binding is today's. */
  readonly approvals: readonly Approval[];
  readonly glass: BrokenGlass | undefined;
  /** Grows by one with each event: what compare-and-set writers and live messages go by. */
  readonly version: number;
};

export const TERMINAL_STATES = ['promoted', 'rolled-back', 'rejected', 'cancelled', 'superseded', 'expired'] as const;
export const isTerminal = ({ kind }: Pick<PromotionState, 'kind'>): boolean =>
  (TERMINAL_STATES as readonly string[]).includes(kind);

/** States in which the stage's target has, or may have, something that is not settled: no other promotion may start there. */
const OCCUPYING_STATES = ['pushing', 'observing', 'undecided', 'unconfirmed', 'rolling-back'] as const;
export const occupiesStage = ({ kind }: Pick<PromotionState, 'kind'>): boolean =>
  (OCCUPYING_STATES as readonly string[]).includes(kind);

/** Whether there is anything to take it back to. A first delivery has nothing before it: what is not well there is mended forwards. */
export const canGoBack = (state: PromotionState): boolean => planOf(state)?.base.digest !== undefined;

/** The plan, where the state has one. */
export const planOf = (state: PromotionState): Plan | undefined => ('plan' in state ? state.plan : undefined);
