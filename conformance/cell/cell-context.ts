import type { ScriptSettings } from '../checks/script/run-script.ts';
import type { MatrixEvent } from '../report/progress.ts';
import type { CellEquipment } from './boot.ts';

/** What every step of a cell works with. */
export type CellContext = CellEquipment & {
  /** What check scripts find their programs by. */
  readonly scripts: ScriptSettings;
  /** Parent of this cell's own directory, which is gone when the cell is over. */
  readonly scratchDir: string;
  readonly onEvent: (event: MatrixEvent) => void;
  readonly signal: AbortSignal;
};
