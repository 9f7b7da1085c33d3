import type { LoggedBy } from './access-log-out.ts';
import { logAttributes } from './log-attributes.ts';
import { startedAtEpochMs } from './started-at.ts';

/**
 * What a terminal, or a reader of lines, could take for more than text: controls beyond those that JSON escapes, line separators, and
 * what turns the direction of writing.
 */
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escapedCode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One entry as one line of JSON, with its newline. `timestamp` is when the exchange began, in UTC. */
export function jsonLine(logged: LoggedBy): string {
  const { entry } = logged;
  const line = {
    timestamp: new Date(startedAtEpochMs(logged)).toISOString(),
    ...(entry.traceId === undefined ? {} : { trace_id: entry.traceId }),
    ...logAttributes(logged),
  };
  return `${JSON.stringify(line).replace(UNPRINTABLE, escapedCode)}\n`;
}
