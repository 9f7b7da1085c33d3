import type { LoggedBy } from './access-log-out.ts';
import { logAttributes } from './log-attributes.ts';

/**
 * What a terminal, or a reader of lines, could take for more than text: controls beyond those that JSON escapes, line separators, and
 * what turns the direction of writing.
 */
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escapedCode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One entry as one line of JSON, with its newline. `timestamp` is when the exchange began, in UTC. */
export function jsonLine(logged: LoggedBy): string {
  const { entry, atEpochMs } = logged;
  const line = {
    timestamp: timeText(entry.startEpochMs, atEpochMs),
    ...(entry.traceId === undefined ? {} : { trace_id: entry.traceId }),
    ...logAttributes(logged),
  };
  return `${JSON.stringify(line).replace(UNPRINTABLE, escapedCode)}\n`;
}

/** A time that no calendar has is one that somebody made up: the arrival counts. */
function timeText(startEpochMs: number | undefined, atEpochMs: number): string {
  const isTime = startEpochMs !== undefined && startEpochMs >= 0 && startEpochMs < MAX_EPOCH_MS;
  return new Date(isTime ? startEpochMs : atEpochMs).toISOString();
}

const MAX_EPOCH_MS = Date.UTC(9_999, 0);
