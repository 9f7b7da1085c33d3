/** First and last code point, both included. */
export type CharRange = readonly [number, number];

/** The last code point. */
export const LAST = 0x10ffff;
export const DIGIT: readonly CharRange[] = [[48, 57]];
export const WORD: readonly CharRange[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
export const SPACE: readonly CharRange[] = [
  [9, 10],
  [12, 13],
  [32, 32],
];
export const POSIX: Readonly<Record<string, readonly CharRange[]>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGIT,
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word: WORD,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

/** All that is not in `ranges`. */
export function negate(ranges: readonly CharRange[]): CharRange[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: CharRange[] = [];
  let from = 0;
  for (const [low, high] of sorted) {
    if (low > from) out.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST) out.push([from, LAST]);
  return out;
}

/** With the other case of every ASCII letter. */
export function foldCase(ranges: readonly CharRange[]): CharRange[] {
  const out = [...ranges];
  for (const [low, high] of ranges) {
    const lower: CharRange = [Math.max(low, 97) - 32, Math.min(high, 122) - 32];
    const upper: CharRange = [Math.max(low, 65) + 32, Math.min(high, 90) + 32];
    if (lower[0] <= lower[1]) out.push(lower);
    if (upper[0] <= upper[1]) out.push(upper);
  }
  return out;
}
