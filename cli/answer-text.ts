import { stripVTControlCharacters } from 'node:util';
import type { Answer, AnswerBlock } from '../pipeline/commands/answer.ts';
import { renderFinding } from '../render/finding.ts';

/** What people and configs wrote does not move the cursor, nor forge a line. */
const plain = (text: string): string => stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, '\u{fffd}');
const line = (text: string): string => plain(text).replaceAll(/\s*\n\s*/g, ' ');

/** An answer for a terminal or a log. */
export function answerText({ kind, title, blocks, findings }: Answer): string {
  // A refusal has said what was seen and wanted: what is left is the name under which docs/errors.md explains it.
  const reasons = findings.map((finding) =>
    kind === 'refused' && title.includes(finding.saw) ? `  rule ${finding.rule}` : plain(renderFinding(finding)),
  );
  const parts = [line(title), ...blocks.map(blockText), ...reasons];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

function blockText(block: AnswerBlock): string {
  switch (block.kind) {
    case 'lines':
      return block.lines.map((text) => `  ${line(text)}`).join('\n');
    case 'text':
      return plain(block.text).trimEnd();
    case 'table':
      return tableText(block.rows);
    default:
      return block satisfies never;
  }
}

/** Columns that stand below each other; what others wrote stays in its cell. */
export function tableText(written: readonly (readonly string[])[]): string {
  const rows = written.map((row) => row.map(line));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
