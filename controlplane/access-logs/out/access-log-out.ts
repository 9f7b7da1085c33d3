import type { Direction } from '../../telemetry/direction.ts';
import type { XdsNode } from '../../xds/discovery-messages.ts';
import type { LogEntry } from '../log-entry.ts';

/** One entry, with who logged it. */
export type LoggedBy = {
  readonly node: XdsNode;
  readonly stage: string;
  readonly direction: Direction;
  readonly entry: LogEntry;
  /** When it arrived. */
  readonly atEpochMs: number;
};

export type OutCounts = {
  readonly written: number;
  /** Given up: the queue was full, or what takes the log refused it. */
  readonly dropped: number;
  readonly waiting: number;
};

/** Where access logs are written to. Nothing waits for it: what it cannot take in time is dropped and counted. */
export interface AccessLogOut extends AsyncDisposable {
  /** `file`, `stdout`, `otlp`. */
  readonly name: string;
  write(logged: LoggedBy): void;
  counts(): OutCounts;
  /** Opens again what it writes to, where it is a file. */
  reopen(): void;
}
