import { liveFrame } from './live-frame.ts';
import { paint } from './paint.ts';
import { type CellProgress, type MatrixEvent, nextProgress, type PlannedCell, type ProgressView } from './progress.ts';

/** What the table needs of a terminal; `process.stderr` is one. */
export type Terminal = {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
};

export type LiveTableOptions = {
  readonly colour: boolean;
  readonly nowMs?: () => number;
  readonly redrawEveryMs?: number;
};

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
// Terminals that know synchronised output show a frame at once; others ignore these.
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * A table of cells that is redrawn in place. Each frame is one write and never clears what it is about to draw again, so nothing flickers; a resized
 * terminal is drawn anew at its new width. `close` leaves no table behind and shows the cursor again.
 */
export function liveTable(terminal: Terminal, options: LiveTableOptions): ProgressView {
  const { colour, nowMs = () => performance.now(), redrawEveryMs = 100 } = options;
  const brush = paint(colour);
  const startedMs = nowMs();
  let cells = new Map<string, PlannedCell & { progress: CellProgress }>();
  let note: string | undefined;
  let drawn: readonly number[] = [];
  let closed = false;

  // A narrower terminal has wrapped what was drawn before: each old line takes as many rows as its width needs now.
  const upToTop = (): string => {
    const columns = Math.max(1, terminal.columns ?? 80);
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows > 0 ? `\u001b[${rows}A\r` : '\r';
  };
  const draw = (): void => {
    const size = { columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 };
    const lines = liveFrame({ cells: [...cells.values()], note, startedMs, nowMs: nowMs() }, size, brush);
    const body = lines.map((line) => `${line}${CLEAR_TO_LINE_END}\n`).join('');
    terminal.write(`${BEGIN_FRAME}${upToTop()}${body}${CLEAR_BELOW}${END_FRAME}`);
    drawn = lines.map(visibleWidth);
  };
  const timer = setInterval(draw, redrawEveryMs);
  timer.unref();
  terminal.on('resize', draw);
  terminal.write(HIDE_CURSOR);

  return {
    on(event: MatrixEvent): void {
      if (closed) return;
      if (event.kind === 'matrix-started')
        cells = new Map(event.cells.map((cell) => [cell.id, { ...cell, progress: { kind: 'waiting' } }]));
      else if (event.kind === 'note') note = event.message;
      else {
        const cell = cells.get(event.id);
        if (cell) cell.progress = nextProgress(cell.progress, event, nowMs());
      }
    },
    close(): void {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      terminal.off('resize', draw);
      terminal.write(`${upToTop()}${CLEAR_BELOW}${SHOW_CURSOR}`);
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours that `paint` writes
const PAINTED = /\u001b\[\d+m/g;
const visibleWidth = (line: string): number => line.replace(PAINTED, '').length;
