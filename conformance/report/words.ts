import type { Verdict } from '../cell.ts';

/** Each verdict has a word and a sign of its own, so that none is told by colour alone. */
export const VERDICT_SIGNS: Readonly<Record<Verdict, string>> = { pass: '✔', fail: '✘', inconclusive: '?' };

/** `820 ms`, `3.4 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `1 cell`, `20 cells`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Cuts to at most `limit` UTF-16 code units, never through a surrogate pair, and says that it did. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = limit - 1;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(end - 1));
  return `${text.slice(0, splitsPair ? end - 1 : end)}…`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal or an XML file
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** Text of strangers (Envoy, upstreams, config) for a terminal or a page: escape sequences and direction marks cannot act. Tabs and line ends stay. */
export const harmless = (text: string): string => text.replaceAll('\r\n', '\n').replace(CONTROL, '�');
