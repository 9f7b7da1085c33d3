import { plainScalar } from './core-schema.ts';

/** Thrown, without a stack, where the plain reader leaves a text to the whole parser. */
export const DECLINED = Symbol('declined');

export const PLAIN_KEY = /[A-Za-z_][A-Za-z0-9_./-]*/y;
const LONGEST_KEY = 200;
// tabs, carriage returns, control characters, the byte order mark, and what YAML 1.1 took for line breaks
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/;

export const sourceIsUsual = (text: string): boolean => !UNUSUAL.test(text);

/** A plain key that reads as a number, a boolean or null is left to the whole parser. */
export const isUsualKey = (key: string, quoted: boolean): boolean =>
  key !== '__proto__' && key.length <= LONGEST_KEY && (quoted || plainScalar(key) === key);

/** The offset behind a text in quotes at `at` that has no escapes and ends before `end`. */
export function inlineQuoted(text: string, at: number, end: number): number {
  const quote = text[at] ?? '"';
  const close = text.indexOf(quote, at + 1);
  if (close === -1 || close >= end) throw DECLINED;
  if (quote === "'" ? text[close + 1] === "'" : text.slice(at, close).includes('\\')) throw DECLINED;
  return close + 1;
}

/** Nothing from `at` to `end` but spaces, and a comment behind at least one of them. */
export function restIsBlank(text: string, at: number, end: number): boolean {
  let from = at;
  while (text.charCodeAt(from) === 0x20) from += 1;
  return from >= end || (text[from] === '#' && from > at);
}
