import type { CellState } from '../../../pipeline/engine/matrix/cell-state.ts';
import type { PersonId, Revision, VerificationId } from '../../../pipeline/ids.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import type { FindingView, MatrixView } from './matrix.ts';

/** A revision that was proved for every stage without a promotion, in a list. */
export type VerificationRow = {
  readonly id: VerificationId;
  readonly revision: Revision;
  /** The canonical identity. */
  readonly askedBy: string;
  /** Of `access.people` as it is now, where that names the identity. */
  readonly person?: PersonId;
  readonly askedEpochMs: number;
  readonly endedEpochMs?: number;
  /** `asked`: no worker has read yet what is live. */
  readonly state: 'asked' | 'running' | 'ended';
  readonly verdict?: 'pass' | 'fail' | 'inconclusive';
  /** Where it stands, as one phrase. */
  readonly standing: string;
  /** In the order of promotion; empty until a worker has read what is live. */
  readonly stages: readonly VerifiedStageRow[];
};
export type VerifiedStageRow = {
  readonly stage: StageName;
  /** Absent: it cannot be rendered, and has no cells. */
  readonly digest?: Digest;
  /** What it was rehearsed from; absent: nothing was delivered there. */
  readonly baseDigest?: Digest;
  readonly cells: readonly { readonly envoy: string; readonly state: CellState }[];
};

/** `GET /api/verifications`: the newest first. */
export type VerificationsView = {
  readonly rows: readonly VerificationRow[];
  /** `before` of the next page; absent: there is none. */
  readonly next?: number;
};

/** `GET /api/verifications/:id`. */
export type VerificationView = {
  readonly verification: VerificationRow;
  /** What nobody could tell, or why it does not begin. */
  readonly message?: string;
  /** Of the revision as a whole, and of stages that cannot be rendered. */
  readonly findings: readonly FindingView[];
  /** Of all stages. */
  readonly matrix: MatrixView;
};
