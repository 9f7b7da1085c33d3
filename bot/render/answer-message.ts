import type { KnownBlock } from '@slack/types';
import type { Answer } from '../../pipeline/commands/answer.ts';
import { capBlocks, fallback, LIMITS, section, sections } from './blocks.ts';
import { code, codeBlock, visible } from './escape.ts';
import { findingLine, type SourceLink } from './finding-lines.ts';
import type { RenderedMessage } from './live-message.ts';

const ICONS = { done: '✅', refused: '⛔', shown: 'ℹ️' } as const;

/** An answer of the pipeline as one person reads it: the words of the command line, as data. */
export function answerMessage(answer: Answer, link: SourceLink): RenderedMessage {
  const blocks: KnownBlock[] = [section(`${ICONS[answer.kind]} ${code(answer.title, 1_000)}`)];
  if (answer.findings.length > 0)
    blocks.push(
      ...sections(
        answer.findings.map((finding) => findingLine(finding, link, undefined)),
        { sections: 6, noun: 'finding' },
      ),
    );
  for (const block of answer.blocks) {
    if (block.kind === 'lines')
      blocks.push(...(block.lines.length > 0 ? [section(codeBlock(block.lines.join('\n')))] : []));
    else if (block.kind === 'table') blocks.push(section(codeBlock(tableText(block.rows))));
    else blocks.push(section(codeBlock(block.text)));
  }
  return { text: fallback(answer.title), blocks: capBlocks(blocks, LIMITS.blocksOfMessage) };
}

/** Columns padded to their widest cell, as on the command line. */
function tableText(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => visible(cell).replaceAll(/\s+/g, ' ').trim()));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.min(60, Math.max(...cells.map((row) => (row[column] ?? '').length))),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
