import type { Verdict } from '../../../conformance/cell.ts';
import type { StoredCell } from './cells.ts';

/** Where a cell of a matrix stands, as people are shown it: on its way, or what was said of it. */
export type CellState = Exclude<StoredCell['state'], 'done'> | Verdict;

export const cellState = ({ state, verdict }: Pick<StoredCell, 'state' | 'verdict'>): CellState =>
  state === 'done' ? (verdict ?? 'inconclusive') : state;
