import type { StageName } from '../../render/ids.ts';
import type { CellProgress } from '../insight.ts';
import { codeBlock, truncate, visible } from './escape.ts';

const WORDS = {
  waiting: '· waits',
  running: '… runs',
  pass: '✓ pass',
  fail: '✗ fail',
  inconclusive: '? could not tell',
} as const satisfies Record<CellProgress['state'], string>;

/** Stage × Envoy version, as it fills. Words beside the signs; at most `MOST` versions are shown. */
const MOST = 40;

export function matrixGrid(stage: StageName, cells: readonly CellProgress[]): string {
  const wide = Math.max(...cells.slice(0, MOST).map(({ envoy }) => Math.min(envoy.length, 24)), 5);
  const rows = cells
    .slice(0, MOST)
    .map(({ envoy, state, cached }) => `${pad(envoy, wide)}  ${WORDS[state]}${cached ? ' (proved before)' : ''}`);
  const left = cells.length - rows.length;
  const done = cells.filter(({ state }) => state !== 'waiting' && state !== 'running').length;
  const head = `${pad('Envoy', wide)}  ${truncate(visible(stage), 60)}: ${done}/${cells.length} cells`;
  return codeBlock([head, ...rows, ...(left > 0 ? [`… ${left} more`] : [])].join('\n'));
}

const pad = (text: string, width: number): string => truncate(visible(text), width).padEnd(width);
