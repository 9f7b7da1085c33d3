import { gridOf } from './grid.ts';
import type { Paint } from './paint.ts';
import type { CellProgress, PlannedCell } from './progress.ts';
import { clip, durationText, harmless, VERDICT_SIGNS } from './words.ts';

export type LiveState = {
  readonly cells: readonly (PlannedCell & { readonly progress: CellProgress })[];
  readonly note: string | undefined;
  readonly startedMs: number;
  readonly nowMs: number;
};
export type FrameSize = { readonly columns: number; readonly rows: number };

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * The lines of the live table, none wider than the terminal and no more than it has rows: a grid where it fits, else a line for each cell that
 * runs or did not pass.
 */
export function liveFrame(state: LiveState, { columns, rows }: FrameSize, brush: Paint): readonly string[] {
  const width = Math.max(1, columns - 1);
  const tail = [
    clip(countsLine(state), width),
    ...(state.note ? [brush.dim(clip(harmless(state.note).replaceAll('\n', ' '), width))] : []),
  ];
  const grid = gridLines(state, width, brush);
  const body =
    grid && grid.length + tail.length < rows
      ? grid
      : listLines(state, width, Math.max(0, rows - 1 - tail.length), brush);
  return [...body, ...tail].slice(0, Math.max(1, rows - 1));
}

type Live = LiveState['cells'][number];

function gridLines(state: LiveState, width: number, brush: Paint): readonly string[] | undefined {
  const { versions, rows } = gridOf(state.cells);
  const first = Math.max(0, ...rows.map(({ stage }) => stage.length));
  const column = Math.max(16, ...versions.map((version) => `Envoy ${version}`.length));
  if (first + versions.length * (column + 2) > width) return undefined;
  const text = (cell: Live | undefined): string => {
    const plain = clip(cell ? cellText(cell, state.nowMs) : '–', column).padEnd(column);
    return cell ? painted(cell, plain, brush) : plain;
  };
  const head = [' '.repeat(first), ...versions.map((version) => `Envoy ${version}`.padEnd(column))].join('  ');
  return [brush.bold(head), ...rows.map(({ stage, cells }) => [stage.padEnd(first), ...cells.map(text)].join('  '))];
}

function listLines(state: LiveState, width: number, room: number, brush: Paint): readonly string[] {
  const worth = state.cells.filter(
    ({ progress }) => progress.kind === 'running' || (progress.kind === 'done' && progress.verdict !== 'pass'),
  );
  return worth
    .slice(0, room)
    .map((cell) => painted(cell, clip(`${cell.id} ${cellText(cell, state.nowMs)}`, width), brush));
}

function cellText({ progress }: Live, nowMs: number): string {
  switch (progress.kind) {
    case 'waiting':
      return '· waiting';
    case 'running': {
      const sign = SPINNER[Math.floor(nowMs / 100) % SPINNER.length];
      return `${sign} ${progress.step ?? 'starting'}${progress.again ? ' (again)' : ''}`;
    }
    case 'done':
      return `${VERDICT_SIGNS[progress.verdict]} ${progress.verdict} ${progress.cached ? 'cached' : durationText(progress.durationMs)}`;
    default:
      return progress satisfies never;
  }
}

function painted({ progress }: Live, text: string, brush: Paint): string {
  if (progress.kind === 'done') return brush.verdict(progress.verdict, text);
  return progress.kind === 'waiting' ? brush.dim(text) : text;
}

function countsLine({ cells, startedMs, nowMs }: LiveState): string {
  const done = cells.flatMap(({ progress }) => (progress.kind === 'done' ? [progress.verdict] : []));
  const failed = done.filter((verdict) => verdict === 'fail').length;
  const open = done.filter((verdict) => verdict === 'inconclusive').length;
  const parts = [`${done.length}/${cells.length} cells`, `${done.length - failed - open} pass`];
  if (failed > 0) parts.push(`${failed} fail`);
  if (open > 0) parts.push(`${open} inconclusive`);
  return [...parts, durationText(nowMs - startedMs)].join(' · ');
}
