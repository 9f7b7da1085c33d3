import type { Policy } from '../pipeline/access/policy.ts';
import type { CellState } from '../pipeline/engine/matrix/cell-state.ts';
import type { GateReport } from '../pipeline/gates/gate.ts';
import type { Promotion } from '../pipeline/promotion/promotion.ts';
import type { StageName } from '../render/ids.ts';

/** One Envoy version of a promotion's matrix, as it fills. */
export type CellProgress = {
  readonly envoy: string;
  readonly state: CellState;
  readonly cached: boolean;
};

/**
 * What the bot shows beside the records themselves. It is asked again for every edit, so it must be cheap; it may reject, and then the
 * message does without.
 */
export type Insight = {
  /** In promotion order, of the newest revision that can be read; empty where none can. */
  stages(): Promise<readonly StageName[]>;
  /** Every gate of a promotion at its gates; empty before. */
  gates(promotion: Promotion): Promise<readonly GateReport[]>;
  /** The policy that the promotion is judged under. */
  policy(promotion: Promotion): Promise<Policy | undefined>;
  cells(promotion: Promotion): Promise<readonly CellProgress[]>;
  /** `37/40 Envoys ACKed` and what else watching the fleet says; undefined where nobody watches. */
  fleet(promotion: Promotion): Promise<string | undefined>;
  /** When Meshgate ends the state by itself. */
  deadlineEpochMs(promotion: Promotion): Promise<number | undefined>;
};
