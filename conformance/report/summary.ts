import { shortDigest } from '../../render/ids.ts';
import { formatLocation } from '../../render/source-location.ts';
import type { Verdict } from '../cell.ts';
import { type Failure, failuresOf } from './failures.ts';
import { gridOfResult, tally } from './grid.ts';
import { codeBlock, codeSpan, tableCode } from './markdown.ts';
import type { CellReport, MatrixResult } from './matrix-result.ts';
import { redactText } from './redact.ts';
import { clip, counted, durationText } from './words.ts';

/** A comment on GitHub holds 65,536 characters; other hosts take more. */
export const SUMMARY_LIMIT_BYTES = 60_000;
const GRID_LIMIT_BYTES = 16_000;
const FIELD_LIMIT = 1_200;
const CELLS_NAMED = 8;
/** Kept free for the lines that say what was left out. */
const RESERVE_BYTES = 400;

const MARKS: Readonly<Record<Verdict, string>> = { pass: '✅ pass', fail: '❌ fail', inconclusive: '❔ inconclusive' };
const HEADLINES: Readonly<Record<Verdict, string>> = {
  pass: '✅ Mesh config: pass',
  fail: '❌ Mesh config: fail',
  inconclusive: '❔ Mesh config: inconclusive (nobody could tell)',
};

/** `summary.md`: the matrix, then each failure with rule, place, saw, want and the command that repeats it. At most `SUMMARY_LIMIT_BYTES` of UTF-8. */
export function summaryMarkdown(result: MatrixResult): string {
  const failures = failuresOf(result);
  const errors = failures.filter((failure) => failure.severity === 'error');
  const warnings = failures.filter((failure) => failure.severity !== 'error');
  const inconclusive = result.cells.filter((cell) => cell.verdict === 'inconclusive');
  const sections = [
    ...(errors.length > 0 ? [`### ${counted(errors.length, 'finding')}`, ...errors.map(failureText)] : []),
    ...(inconclusive.length > 0 ? ['### Could not tell', ...inconclusive.map(inconclusiveText)] : []),
    ...(warnings.length > 0 ? [`### ${counted(warnings.length, 'warning')}`, ...warnings.map(warningText)] : []),
    ...rerunText(result.cells),
  ];
  return bounded(headText(result), sections);
}

function headText(result: MatrixResult): string {
  const facts = [
    result.cells.length > 0 ? tally(result.cells) : 'no cell ran',
    durationText(result.durationMs),
    ...(result.revision ? [`revision ${codeSpan(result.revision.slice(0, 12))}`] : []),
    `meshgate ${result.toolVersion}`,
  ];
  return [
    `## ${HEADLINES[result.verdict]}`,
    facts.join(' · '),
    ...(result.cells.length > 0 ? [gridText(result)] : []),
  ].join('\n\n');
}

function gridText(result: MatrixResult): string {
  const { versions, rows } = gridOfResult(result);
  const digests = new Map(result.stages.map(({ name, digest }) => [name as string, digest]));
  const line = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
  const head = [
    line(['stage', 'digest', ...versions.map((version) => `Envoy ${version}`)]),
    line(['---', '---', ...versions.map(() => '---')]),
  ];
  const passes = (cells: readonly (CellReport | undefined)[]): boolean =>
    cells.every((cell) => !cell || cell.verdict === 'pass');
  const written = rows.map(({ stage, cells }) => {
    const digest = digests.get(stage);
    const columns = cells.map((cell) => (cell ? `${MARKS[cell.verdict]}${cell.cached ? ' (cached)' : ''}` : '–'));
    return {
      text: line([`**${stage}**`, digest ? tableCode(shortDigest(digest)) : '–', ...columns]),
      passes: passes(cells),
    };
  });
  const size = (texts: readonly { readonly text: string }[]): number =>
    texts.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0);
  if (size(written) <= GRID_LIMIT_BYTES) return [...head, ...written.map(({ text }) => text)].join('\n');
  // No room for all stages: those that did not pass come first.
  const kept: { readonly text: string }[] = [];
  for (const row of [...written.filter((row) => !row.passes), ...written.filter((row) => row.passes)]) {
    if (size(kept) + Buffer.byteLength(row.text) > GRID_LIMIT_BYTES) break;
    kept.push(row);
  }
  return [
    ...head,
    ...kept.map(({ text }) => text),
    '',
    `${counted(written.length - kept.length, 'stage')} more in \`report.json\`.`,
  ].join('\n');
}

function failureText({ finding, check, cells, repro }: Failure): string {
  const { rule, at, saw, want, resource, envoy, via } = finding;
  const scope = [resource && codeSpan(resource), check && `check ${codeSpan(check)}`, cellsText(cells, envoy)].filter(
    Boolean,
  );
  const used = (via ?? []).map((place) => `- used at ${codeSpan(formatLocation(place))}`);
  return [
    `#### ❌ ${codeSpan(rule)} at ${codeSpan(formatLocation(at))}`,
    ...(scope.length > 0 ? [scope.join(' · ')] : []),
    [`- saw ${codeSpan(clip(saw, FIELD_LIMIT))}`, `- want ${codeSpan(clip(want, FIELD_LIMIT))}`, ...used].join('\n'),
    codeBlock(repro, 'sh'),
  ].join('\n\n');
}

function cellsText(cells: readonly string[], envoy: readonly string[] | undefined): string {
  if (cells.length === 0) return envoy && envoy.length > 0 ? `Envoy ${envoy.join(', ')}` : '';
  const named = cells.slice(0, CELLS_NAMED).join(', ');
  return `${counted(cells.length, 'cell')}: ${named}${cells.length > CELLS_NAMED ? ` and ${cells.length - CELLS_NAMED} more` : ''}`;
}

const inconclusiveText = ({ id, message, repro }: CellReport): string =>
  [
    `#### ❔ ${id}`,
    codeBlock(clip(redactText(message ?? 'no reason was kept'), FIELD_LIMIT)),
    codeBlock(repro, 'sh'),
  ].join('\n\n');

const warningText = ({ finding, cells }: Failure): string => {
  const where = cellsText(cells, finding.envoy);
  return `- ⚠️ warning ${codeSpan(finding.rule)} at ${codeSpan(formatLocation(finding.at))}${where ? ` (${where})` : ''}: saw ${codeSpan(
    clip(finding.saw, 300),
  )}; want ${codeSpan(clip(finding.want, 300))}`;
};

const rerunText = (cells: readonly CellReport[]): string[] =>
  cells
    .filter((cell) => cell.rerun)
    .map((cell) => `- ${cell.id} was run a second time: ${codeSpan(clip(cell.rerun ?? '', 300))}`);

/** As many whole sections as fit; never a cut one. */
function bounded(head: string, sections: readonly string[]): string {
  const kept = [head];
  let used = Buffer.byteLength(head);
  for (const [index, section] of sections.entries()) {
    const size = Buffer.byteLength(section) + 2;
    if (used + size > SUMMARY_LIMIT_BYTES - RESERVE_BYTES) {
      kept.push(
        `${counted(sections.length - index, 'section')} more did not fit here; \`report.json\` has everything.`,
      );
      break;
    }
    kept.push(section);
    used += size;
  }
  return `${kept.join('\n\n')}\n`;
}
