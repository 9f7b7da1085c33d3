/**
 * Wall-clock time of a zone as if it were UTC, and back: what clocks show there at an instant. `Temporal` will say this once Node has it
 * without a flag.
 */
export function wallClockMs(epochMs: number, timeZone: string): number {
  if (timeZone === 'UTC') return epochMs;
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const ms = ((epochMs % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

/**
 * The instant at which clocks show this: the earlier one where they show it twice, and as much later as clocks are put forward where
 * they never show it (RFC 5545, 3.3.5, and what Temporal calls `compatible`).
 */
export function instantOf(wallMs: number, timeZone: string): number {
  const offsets = [wallMs - DAY_MS, wallMs + DAY_MS].map((near) => wallClockMs(near, timeZone) - near);
  const [before = 0, after = 0] = offsets;
  const fits = [before, after]
    .map((offset) => wallMs - offset)
    .filter((instant) => wallClockMs(instant, timeZone) === wallMs);
  return fits.length > 0 ? Math.min(...fits) : wallMs - before;
}

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const made =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timeZone, made);
  return made;
}
