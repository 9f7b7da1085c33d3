import { harmless } from './words.ts';

/** A value inside a line of Markdown: shown as it is, whatever it holds. Line ends become spaces. */
export function codeSpan(text: string): string {
  const line = harmless(text)
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  if (line === '') return '(nothing)';
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Inside a table a pipe ends the column even in a code span. */
export const tableCode = (text: string): string => codeSpan(text).replaceAll('|', '\\|');

/** A block of text that no content can break out of. */
export function codeBlock(text: string, language = 'text'): string {
  const body = harmless(text).trimEnd();
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${body}\n${fence}`;
}
