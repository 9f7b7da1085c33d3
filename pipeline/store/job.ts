import type { StageName } from '../../render/ids.ts';
import type { PromotionId, VerificationId } from '../ids.ts';

/** Work that outlives a process. Each may run more than once, so each looks at the record first and does only what is still to be done. */
export type Job =
  /** Moves a promotion on from whatever state it is in, as far as it goes now. */
  | { readonly kind: 'advance'; readonly promotion: PromotionId }
  /** Runs one cell of a promotion's matrix. */
  | {
      readonly kind: 'cell';
      readonly promotion: PromotionId;
      readonly digest: string;
      readonly baseDigest: string;
      readonly envoy: string;
    }
  /** Moves a verification on: reads what each stage holds, fans its cells out, gathers them. */
  | { readonly kind: 'verify'; readonly verification: VerificationId }
  | {
      readonly kind: 'verify-cell';
      readonly verification: VerificationId;
      readonly stage: StageName;
      readonly envoy: string;
    }
  /** Compares what is promoted, delivered, served and applied. */
  | { readonly kind: 'look-for-drift'; readonly stage: StageName }
  /** Looks for new revisions of the protected branch, and starts what goes by itself. */
  | { readonly kind: 'look-for-revisions' };
export type JobKind = Job['kind'];
export const JOB_KINDS = [
  'advance',
  'cell',
  'verify',
  'verify-cell',
  'look-for-drift',
  'look-for-revisions',
] as const satisfies readonly JobKind[];

/** Runs jobs in this process until it is disposed; a job whose worker died is taken by another after its lease. */
export interface JobRunner extends AsyncDisposable {
  readonly kinds: readonly JobKind[];
}
/**
 * One run of a job. `attempt` begins at 0 and grows with each run: whoever runs a later one knows that those before have lost the job,
 * because their worker died, stood still or gave it back.
 */
export type JobRun = { readonly id: string; readonly attempt: number };
export type JobHandlers = {
  readonly [Kind in JobKind]?: (job: Extract<Job, { kind: Kind }>, signal: AbortSignal, run: JobRun) => Promise<void>;
};
