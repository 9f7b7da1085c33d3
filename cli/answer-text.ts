import { stripVTControlCharacters } from 'node:util';
import type { Answer, AnswerBlock } from '../pipeline/commands/answer.ts';
import { renderFinding } from '../render/finding.ts';

/** What people and configs wrote does not move the cursor, nor forge a line. */
const plain = (text: string): string => stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, '\u{fffd}');
const line = (text: string): string => plain(text).replaceAll(/\s*\n\s*/g, ' ');

/** An answer for a terminal or a log. */
export function answerText({ title, blocks, findings }: Answer): string {
  const parts = [line(title), ...blocks.map(blockText), ...findings.map((finding) => plain(renderFinding(finding)))];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

function blockText(block: AnswerBlock): string {
  switch (block.kind) {
    case 'lines':
      return block.lines.map((text) => `  ${line(text)}`).join('\n');
    case 'text':
      return plain(block.text).trimEnd();
    case 'table':
      return tableText(block.rows.map((row) => row.map(line)));
    default:
      return block satisfies never;
  }
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
