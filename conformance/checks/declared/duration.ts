const UNIT_MS = { ms: 1, s: 1_000, m: 60_000 } as const;

/** Milliseconds of `250ms`, `1.5s` or `2m`. The text was held against `DURATION` before. */
export function durationMs(text: string): number {
  const [, amount = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m)$/.exec(text) ?? [];
  return Math.round(Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}
