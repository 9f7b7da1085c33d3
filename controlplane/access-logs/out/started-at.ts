import type { LoggedBy } from './access-log-out.ts';

const MAX_EPOCH_MS = Date.UTC(9_999, 0);

/** When it began; a time that no calendar has is one that somebody made up: then, and where none is said, the arrival counts. */
export const startedAtEpochMs = ({ entry: { startEpochMs }, atEpochMs }: LoggedBy): number =>
  startEpochMs !== undefined && startEpochMs >= 0 && startEpochMs < MAX_EPOCH_MS ? startEpochMs : atEpochMs;
