import { escapeRe2, readStats } from '../../admin/stats.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { StatExpectation } from '../check.ts';
import { type Stats, statHolds } from '../judge/judge-stats.ts';
import { awaitOrLast } from './await-or-last.ts';

const exactly = (names: readonly string[]): string => `^(${names.map(escapeRe2).join('|')})$`;

const read = (cell: RunningCell, expected: readonly StatExpectation[]): Promise<Stats> =>
  readStats(cell.adminUrl, exactly(expected.map(({ name }) => name)), { signal: cell.signal });

const isSame = (a: Stats, b: Stats | undefined): boolean =>
  b !== undefined && [...a].every(([name, value]) => b.get(name) === value);

/** Before the check: read until two looks agree, for what earlier requests still add comes in a moment later. */
export async function readSettled(
  cell: RunningCell,
  expected: readonly StatExpectation[],
  deadlineMs: number,
): Promise<Stats> {
  let previous: Stats | undefined;
  let isSettled = false;
  const look = async (): Promise<Stats> => {
    const stats = await read(cell, expected);
    isSettled = isSame(stats, previous);
    previous = stats;
    return stats;
  };
  return awaitOrLast(look, () => isSettled, deadlineMs, cell.signal);
}

/** After the check: read until everything is as expected, or the deadline is over. */
export const readUntilHeld = (
  cell: RunningCell,
  expected: readonly StatExpectation[],
  before: Stats,
  deadlineMs: number,
): Promise<Stats> =>
  awaitOrLast(
    () => read(cell, expected),
    (after) => expected.every((stat) => after.has(stat.name) && statHolds(stat, before, after)),
    deadlineMs,
    cell.signal,
  );

/** The names that stats missing from `after` may have been meant to be. */
export async function namesAround(
  cell: RunningCell,
  expected: readonly StatExpectation[],
  after: Stats,
): Promise<readonly string[]> {
  const missing = expected.filter(({ name }) => !after.has(name));
  if (missing.length === 0) return [];
  const roots = [...new Set(missing.map(({ name }) => name.split('.')[0] ?? name))];
  return [...(await readStats(cell.adminUrl, `^(${roots.map(escapeRe2).join('|')})`, { signal: cell.signal })).keys()];
}
