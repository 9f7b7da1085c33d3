const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s`, `4 min`, `3 h 20 min`, `5 d`: the two largest parts, as people say it. Negative spans count as none. */
export function spanWords(spanMs: number): string {
  const ms = Math.max(0, spanMs);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return join(Math.floor(ms / HOUR), 'h', Math.floor((ms % HOUR) / MINUTE), 'min');
  return join(Math.floor(ms / DAY), 'd', Math.floor((ms % DAY) / HOUR), 'h');
}
const join = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;

/** How long something took: `840 ms`, `12.4 s`, else as `spanWords`. */
export function durationWords(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  return ms < MINUTE ? `${(ms / SECOND).toFixed(1)} s` : spanWords(ms);
}

/** `4 min ago`, `in 3 h`; within two seconds `just now`. */
export function agoWords(epochMs: number, nowEpochMs: number): string {
  const age = nowEpochMs - epochMs;
  if (Math.abs(age) < 2 * SECOND) return 'just now';
  return age > 0 ? `${spanWords(age)} ago` : `in ${spanWords(-age)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-22 17:55:02 UTC`: the same for everybody who reads it, as in Slack and on the command line. */
export function stampWords(epochMs: number): string {
  const at = new Date(epochMs);
  const date = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  return `${date} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} UTC`;
}
