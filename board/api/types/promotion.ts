import type { GateReport } from '../../../pipeline/gates/gate.ts';
import type { PersonId, PromotionId, TargetVersion } from '../../../pipeline/ids.ts';
import type { Explanation } from '../../../pipeline/promotion/explain.ts';
import type { CommitAuthor, Plan } from '../../../pipeline/promotion/plan.ts';
import type { BrokenGlass, Delivered } from '../../../pipeline/promotion/promotion.ts';
import type { ActionKind } from './action.ts';
import type { AuditRow } from './audit.ts';
import type { DiffView } from './diff.ts';
import type { FindingView, MatrixView } from './matrix.ts';
import type { Stale } from './problem.ts';
import type { PromotionRow } from './promotion-row.ts';
import type { FleetCounts, TrafficView } from './stages.ts';

/** `GET /api/promotions/:id`. */
export type PromotionView = {
  readonly promotion: PromotionRow;
  /** Grows with each of its events. */
  readonly version: number;
  readonly retryOf?: PromotionId;
  /** Absent once it has ended. */
  readonly why?: Explanation;
  /** Why it ended badly, or why nobody can tell. */
  readonly findings: readonly FindingView[];
  readonly plan?: PlanView;
  readonly matrix?: MatrixView;
  /** As they stand now; of a promotion that is not at its gates: as they stood last, as far as that is known (empty). */
  readonly gates: readonly GateReport[];
  readonly approvals: ApprovalsView;
  readonly glass?: BrokenGlass;
  readonly push?: PushView;
  readonly observation?: ObservationView;
  /** Its rows of the audit log, oldest first. */
  readonly audit: readonly AuditRow[];
  /** Its message in Slack. */
  readonly slackUrl?: string;
  /** What a person could do now, whoever may. */
  readonly actions: readonly ActionKind[];
  readonly stale: readonly Stale[];
};

export type PlanView = Pick<
  Plan,
  'summary' | 'blastRadius' | 'touchedPaths' | 'policyVersion' | 'nextPolicyVersion'
> & {
  readonly diff?: DiffView;
  /** Where `diff` is absent: its snapshots are not kept; the diff as it was written then. */
  readonly text: string;
  readonly authors: readonly Pick<CommitAuthor, 'name'>[];
  readonly findings: readonly FindingView[];
};

export type ApprovalsView = {
  /** What an approval is for now; absent: it cannot be approved. Sent back with an approval. */
  readonly binding?: string;
  readonly wanted?: { readonly count: number; readonly group: string; readonly expireMs: number };
  readonly given: readonly ApprovalView[];
};
export type ApprovalView = {
  readonly by: PersonId;
  readonly atEpochMs: number;
  readonly groups: readonly string[];
  readonly comment: string;
  /** Bound to what is there now. A lapsed one is of an earlier plan, verdict or policy, or too old. */
  readonly state: 'counts' | 'lapsed';
  /** For `lapsed`, in words: `the digest was 4f2a… and is 77aa…`. */
  readonly lapsedBecause?: string;
};

export type PushView = {
  readonly onto?: TargetVersion;
  readonly intendedEpochMs: number;
  readonly approvedBy: readonly PersonId[];
  readonly delivered?: Delivered;
  /** As long as the promotion is not over: the fleet now. */
  readonly fleet?: FleetCounts;
  /** Envoys that had taken it, over time since the push; as far as it can be told from now. */
  readonly convergence: readonly { readonly atEpochMs: number; readonly applied: number }[];
  readonly connected: number;
};

/** Before against after: the steps before `pushedEpochMs` and those from it on. */
export type ObservationView = {
  readonly pushedEpochMs: number;
  readonly endsEpochMs?: number;
  readonly traffic: TrafficView;
  readonly outcome?: 'healthy' | 'harm' | 'nothing';
  readonly findings: readonly FindingView[];
  /** The figures that it was judged by, as they are kept. */
  readonly figures?: unknown;
};
