import type { Verdict } from '../cell.ts';
import type { LauncherKind } from '../launcher/envoy-launcher.ts';
import type { StepName } from './step-name.ts';

export type PlannedCell = { readonly id: string; readonly stage: string; readonly envoy: string };

/** What happens while a matrix runs, as whoever runs it tells it. */
export type MatrixEvent =
  | { readonly kind: 'matrix-started'; readonly cells: readonly PlannedCell[] }
  /** A long step before or between cells: `fetching Envoy 1.38.3 (34 MB)`. */
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'cell-started'; readonly id: string; readonly launcher?: LauncherKind }
  | { readonly kind: 'step-started'; readonly id: string; readonly step: StepName }
  | { readonly kind: 'cell-rerun'; readonly id: string; readonly why: string }
  | {
      readonly kind: 'cell-ended';
      readonly id: string;
      readonly verdict: Verdict;
      readonly durationMs: number;
      readonly cached: boolean;
    };

/** Somebody who watches. `close` gives the terminal back; what is shown after it is the result's own text. */
export type ProgressView = { readonly on: (event: MatrixEvent) => void; readonly close: () => void };

/** For `--json` and for tests that look at results alone. */
export const silentProgress: ProgressView = { on: () => undefined, close: () => undefined };

/** What is known of one cell so far. */
export type CellProgress =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly sinceMs: number; readonly step: StepName | undefined; readonly again: boolean }
  | { readonly kind: 'done'; readonly verdict: Verdict; readonly durationMs: number; readonly cached: boolean };

/** The state of a cell after an event; `nowMs` is any monotonic clock in milliseconds. */
export function nextProgress(progress: CellProgress, event: MatrixEvent, nowMs: number): CellProgress {
  switch (event.kind) {
    case 'matrix-started':
      return { kind: 'waiting' };
    case 'note':
      return progress;
    case 'cell-started':
      return { kind: 'running', sinceMs: nowMs, step: undefined, again: progress.kind === 'running' && progress.again };
    case 'step-started':
      return progress.kind === 'running' ? { ...progress, step: event.step } : progress;
    case 'cell-rerun':
      return { kind: 'running', sinceMs: nowMs, step: undefined, again: true };
    case 'cell-ended':
      return { kind: 'done', verdict: event.verdict, durationMs: event.durationMs, cached: event.cached };
    default:
      return event satisfies never;
  }
}
