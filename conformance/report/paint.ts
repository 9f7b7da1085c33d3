import type { Verdict } from '../cell.ts';

/** Colours for a terminal, or nothing at all: whoever makes one decides (a terminal, and no `NO_COLOR`: https://no-color.org). */
export type Paint = {
  readonly verdict: (verdict: Verdict, text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
};

const CODES: Readonly<Record<Verdict, number>> = { pass: 32, fail: 31, inconclusive: 33 };

export const paint = (colour: boolean): Paint => {
  const wrap = (code: number, end: number) => (text: string) =>
    colour ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return { verdict: (verdict, text) => wrap(CODES[verdict], 39)(text), dim: wrap(2, 22), bold: wrap(1, 22) };
};
