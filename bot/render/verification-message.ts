import type { KnownBlock } from '@slack/types';
import { standing } from '../../pipeline/commands/ask/verification-answer.ts';
import type { Verification } from '../../pipeline/engine/verification/verification.ts';
import type { PersonId } from '../../pipeline/ids.ts';
import type { Finding } from '../../render/finding.ts';
import { capBlocks, context, fallback, header, LIMITS, section, sections } from './blocks.ts';
import { code, codeBlock, truncate, visible } from './escape.ts';
import { findingLine, type SourceLink } from './finding-lines.ts';
import type { RenderedMessage } from './live-message.ts';
import { type Names, when } from './state-words.ts';

export type VerificationView = {
  readonly seen: Verification;
  readonly findings: readonly Finding[];
  readonly names: Names;
  readonly link: SourceLink;
};

const ICONS = { pass: '✅', fail: '❌', inconclusive: '❔' } as const;
const WORDS = {
  pass: '✓ pass',
  fail: '✗ fail',
  inconclusive: '? unsure',
  waiting: '· waits',
  running: '… runs',
} as const;
/** So many stages and Envoy versions are shown; the rest is counted. */
const MOST_STAGES = 30;
const MOST_VERSIONS = 8;

/** The one message of a verification, as it stands now. */
export function verificationMessage({ seen, findings, names, link }: VerificationView): RenderedMessage {
  const { id, revision, stages, verdict, message, askedBy, askedEpochMs } = seen;
  const title = `${id}: ${revision.slice(0, 12)} ${standing(seen)}`;
  const blocks: KnownBlock[] = [header(`${verdict === undefined ? '🔬' : ICONS[verdict]} ${title}`)];
  if (message !== undefined) blocks.push(section(code(message, 1_000)));
  if (stages.length > 0) blocks.push(section(grid(stages)));
  const unsure = stages.flatMap(({ stage, cells }) =>
    cells.flatMap((cell) =>
      cell.message === undefined ? [] : [`${code(`${stage}@${cell.envoy}`, 80)} ${code(cell.message)}`],
    ),
  );
  blocks.push(...sections(unsure, { sections: 1, noun: 'cell' }));
  blocks.push(
    ...sections(
      findings.map((finding) => findingLine(finding, link, revision)),
      { sections: 4, noun: 'finding' },
    ),
  );
  blocks.push(
    context([`asked by ${code(names(askedBy as PersonId), 80)} ${when(askedEpochMs)} · ${code(`why ${id}`, 80)}`]),
  );
  return { text: fallback(title), blocks: capBlocks(blocks, LIMITS.blocksOfMessage) };
}

/** Stage × Envoy version, as it fills. */
function grid(stages: Verification['stages']): string {
  const all = [...new Set(stages.flatMap(({ cells }) => cells.map(({ envoy }) => envoy)))];
  const versions = all.slice(0, MOST_VERSIONS);
  const rows = stages.slice(0, MOST_STAGES).map(({ stage, digest, cells }) => [
    stage,
    ...(digest === undefined && versions.length === 0 ? ['✗ no render'] : []),
    ...versions.map((version) => {
      const cell = cells.find(({ envoy }) => envoy === version);
      if (!cell) return digest === undefined ? '✗ no render' : '';
      return WORDS[cell.state === 'done' ? (cell.verdict ?? 'inconclusive') : cell.state];
    }),
  ]);
  const table = [['', ...versions], ...rows];
  const widths = Array.from({ length: versions.length + 2 }, (_, column) =>
    Math.min(24, Math.max(...table.map((row) => visible(row[column] ?? '').length))),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => truncate(visible(cell), widths[column] ?? 24).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const left = stages.length - rows.length;
  const hidden = all.length - versions.length;
  if (left > 0) lines.push(`… ${left} more stages`);
  if (hidden > 0) lines.push(`… ${hidden} more Envoy versions`);
  return codeBlock(lines.join('\n'));
}
