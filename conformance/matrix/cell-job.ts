import type { Snapshot } from '../../render/snapshot.ts';
import type { Cell } from '../cell.ts';
import type { Check } from '../checks/check.ts';
import type { CellReport } from '../report/matrix-result.ts';
import type { MatrixEvent } from '../report/progress.ts';

/** All that one cell needs to be judged. */
export type CellJob = {
  readonly cell: Cell;
  readonly proposed: Snapshot;
  /** What the stage serves now; absent: the proposed snapshot itself. */
  readonly live: Snapshot | undefined;
  /** Declared checks that apply to this cell; default checks are derived from the snapshot. */
  readonly declared: readonly Check[];
  /** Only checks with this name, and no rehearsals; for the command that repeats one failure. */
  readonly only: string | undefined;
  /** The command that repeats this cell. */
  readonly repro: string;
};

/** Runs cells, wherever. Resolves with a report for every fate of a cell; rejects only when `signal` was aborted. */
export type CellRunner = {
  run(job: CellJob, onEvent: (event: MatrixEvent) => void, signal: AbortSignal): Promise<CellReport>;
};
