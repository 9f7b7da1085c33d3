import type { CellReport, MatrixResult } from './matrix-result.ts';

/** The matrix as a table: a row for each stage, a column for each Envoy version that any stage runs, oldest first as they come. */
export type Grid<T> = {
  readonly versions: readonly string[];
  readonly rows: readonly { readonly stage: string; readonly cells: readonly (T | undefined)[] }[];
};

type Placed = { readonly stage: string; readonly envoy: string };

export function gridOf<T extends Placed>(cells: readonly T[]): Grid<T> {
  const versions = [...new Set(cells.map((cell) => cell.envoy))].sort(byVersion);
  const stages = [...new Set(cells.map((cell) => cell.stage))];
  const rows = stages.map((stage) => ({
    stage,
    cells: versions.map((version) => cells.find((cell) => cell.stage === stage && cell.envoy === version)),
  }));
  return { versions, rows };
}

const byVersion = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** `20 of 20 cells pass`, or what the others came to. */
export function tally(cells: readonly Pick<CellReport, 'verdict' | 'cached'>[]): string {
  const count = (verdict: CellReport['verdict']): number => cells.filter((cell) => cell.verdict === verdict).length;
  const parts = [`${count('pass')} of ${cells.length} cells pass`];
  if (count('fail') > 0) parts.push(`${count('fail')} fail`);
  if (count('inconclusive') > 0) parts.push(`${count('inconclusive')} inconclusive`);
  const cached = cells.filter((cell) => cell.cached).length;
  if (cached > 0) parts.push(`${cached} from the verdict cache`);
  return parts.join(', ');
}

export const gridOfResult = (result: MatrixResult): Grid<CellReport> => gridOf(result.cells);
