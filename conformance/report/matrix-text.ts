import { formatLocation } from '../../render/source-location.ts';
import { type Failure, failuresOf } from './failures.ts';
import { gridOfResult, tally } from './grid.ts';
import type { CellReport, MatrixResult } from './matrix-result.ts';
import { type Paint, paint } from './paint.ts';
import { redactText } from './redact.ts';
import { clip, counted, durationText, harmless, VERDICT_SIGNS } from './words.ts';

const FIELD_LIMIT = 2_000;
const CELLS_NAMED = 6;

/** What a person reads at the end: the matrix, each failure with the command that repeats it, what nobody could tell, and one closing line. */
export function matrixText(result: MatrixResult, colour: boolean): string {
  const brush = paint(colour);
  const failures = failuresOf(result);
  const blocks = [
    ...(result.cells.length > 0 ? [gridText(result, brush)] : []),
    ...failures.map((failure) => failureText(failure, brush)),
    ...result.cells.filter((cell) => cell.verdict === 'inconclusive').map((cell) => inconclusiveText(cell, brush)),
    ...result.cells
      .filter((cell) => cell.rerun)
      .map((cell) => `${cell.id} was run a second time: ${harmless(cell.rerun ?? '')}`),
    closingLine(result, brush),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** The matrix alone, as a table in plain text. */
export function gridText(result: MatrixResult, brush: Paint = paint(false)): string {
  const { versions, rows } = gridOfResult(result);
  const text = (cell: CellReport | undefined): string =>
    cell
      ? `${VERDICT_SIGNS[cell.verdict]} ${cell.verdict} ${cell.cached ? 'cached' : durationText(cell.durationMs)}`
      : '–';
  const widths = versions.map((version, column) =>
    Math.max(`Envoy ${version}`.length, ...rows.map(({ cells }) => text(cells[column]).length)),
  );
  const first = Math.max(0, ...rows.map(({ stage }) => stage.length));
  const head = [
    ' '.repeat(first),
    ...versions.map((version, column) => `Envoy ${version}`.padEnd(widths[column] ?? 0)),
  ];
  const lines = rows.map(({ stage, cells }) =>
    [
      stage.padEnd(first),
      ...cells.map((cell, column) => {
        const padded = text(cell).padEnd(widths[column] ?? 0);
        return cell ? brush.verdict(cell.verdict, padded) : padded;
      }),
    ]
      .join('  ')
      .trimEnd(),
  );
  return [brush.bold(head.join('  ').trimEnd()), ...lines].join('\n');
}

function failureText({ finding, check, cells, repro, severity }: Failure, brush: Paint): string {
  const { rule, at, saw, want, resource, stage, envoy, via } = finding;
  const scope = [resource, check && `check ${check}`, cells.length > 0 ? cellsText(cells) : staticScope(stage, envoy)];
  const label =
    severity === 'warning' ? brush.verdict('inconclusive', `! warning ${rule}`) : brush.verdict('fail', `✘ ${rule}`);
  const lines = [
    `${label}  ${harmless(formatLocation(at))}`,
    ...scope.filter(Boolean).map((part) => `    in    ${harmless(String(part))}`),
    ...(via ?? []).map((place) => `    used  ${harmless(formatLocation(place))}`),
    `    saw   ${field(saw)}`,
    `    want  ${field(want)}`,
    `    again ${harmless(repro)}`,
  ];
  return lines.join('\n');
}

const field = (text: string): string => harmless(clip(text, FIELD_LIMIT)).trimEnd().replaceAll('\n', '\n          ');

const staticScope = (stage: string | undefined, envoy: readonly string[] | undefined): string =>
  [stage, envoy && envoy.length > 0 ? `Envoy ${envoy.join(', ')}` : undefined].filter(Boolean).join('; ');

const cellsText = (cells: readonly string[]): string =>
  `${cells.slice(0, CELLS_NAMED).join(', ')}${cells.length > CELLS_NAMED ? ` and ${cells.length - CELLS_NAMED} more` : ''}`;

const inconclusiveText = ({ id, message, repro }: CellReport, brush: Paint): string =>
  [
    brush.verdict('inconclusive', `? ${id}: inconclusive`),
    `    ${field(redactText(message ?? 'no reason was kept'))}`,
    `    again ${repro}`,
  ].join('\n');

function closingLine(result: MatrixResult, brush: Paint): string {
  const errors = failuresOf(result).filter((failure) => failure.severity === 'error').length;
  const cells = result.cells.length > 0 ? tally(result.cells) : 'no cell ran';
  const found = errors > 0 ? `, ${counted(errors, 'finding')}` : '';
  const head = brush.verdict(result.verdict, `${VERDICT_SIGNS[result.verdict]} ${result.verdict}`);
  return `${head}: ${cells}${found}, ${durationText(result.durationMs)}`;
}
