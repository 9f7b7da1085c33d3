import { parseDurationMs } from '../render/config/duration.ts';
import { UsageError } from './usage-error.ts';

/** Milliseconds of `30s` or `1h30m` as `option` has it. Throws `UsageError` that names the option; also below `leastMs`, by default 0. */
export function durationOption(option: string, text: string, leastMs = 0): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < leastMs) throw new UsageError(`${option} ${text}: want a duration such as 30s or 1m`);
  return ms;
}
