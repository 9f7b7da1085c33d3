const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/y;
const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const LONGEST_MS = 366 * MS.d;

/** `30m`, `1h30m`, `250ms`, `2d` in milliseconds; undefined for anything else, and above 366 days. */
export function parseDurationMs(text: string): number | undefined {
  let total = 0;
  let at = 0;
  if (text === '' || text.length > 40) return undefined;
  while (at < text.length) {
    PART.lastIndex = at;
    const part = PART.exec(text);
    if (!part) return undefined;
    total += Number(part[1]) * MS[part[2] as keyof typeof MS];
    at += part[0].length;
  }
  const rounded = Math.round(total);
  return rounded <= LONGEST_MS ? rounded : undefined;
}
