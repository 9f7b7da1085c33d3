import { askAdmin } from '../../admin/admin-client.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { RequestCheck } from '../check.ts';
import { accessLogHolds } from '../judge/judge-access-log.ts';
import { awaitOrLast } from './await-or-last.ts';

/**
 * Lines of an access log. Envoy keeps lines back for up to 10 s (`--file-flush-interval-msec`); reopening its logs has it write them
 * within some milliseconds (measured on 1.36.4 and 1.40.0).
 */
async function writtenLines(cell: RunningCell, path: string | undefined): Promise<readonly string[]> {
  await askAdmin(cell.adminUrl, '/reopen_logs', 'POST', { signal: cell.signal });
  return cell.accessLogLines(path);
}

/** How many lines there are, once those of earlier requests are written: two looks agree. */
export async function settledLineCount(
  cell: RunningCell,
  path: string | undefined,
  deadlineMs: number,
): Promise<number> {
  let previous = -1;
  let isSettled = false;
  const look = async (): Promise<number> => {
    const { length } = await writtenLines(cell, path);
    isSettled = length === previous;
    previous = length;
    return length;
  };
  return awaitOrLast(look, () => isSettled, deadlineMs, cell.signal);
}

/** The lines after the first `known`, as soon as one of them is as expected, else those that are there after the deadline. */
export async function newLines(
  check: RequestCheck,
  cell: RunningCell,
  known: number,
  deadlineMs: number,
): Promise<readonly string[]> {
  const { accessLog } = check.expect;
  if (!accessLog) return [];
  return awaitOrLast(
    async () => (await writtenLines(cell, accessLog.path)).slice(known),
    (lines) => accessLogHolds(lines, accessLog.fields),
    deadlineMs,
    cell.signal,
  );
}

/** The first line that carries one of these request ids, waited for only a moment: it explains a failure, and decides nothing. */
export async function lineOfRequest(
  cell: RunningCell,
  ids: ReadonlySet<string>,
  deadlineMs: number,
): Promise<string | undefined> {
  const mentions = (line: string): boolean => {
    for (const id of ids) if (line.includes(id)) return true;
    return false;
  };
  return awaitOrLast(
    async () => (await writtenLines(cell, undefined)).find(mentions),
    (line) => line !== undefined,
    deadlineMs,
    cell.signal,
  );
}
