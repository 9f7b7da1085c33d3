import { type EdgeSums, OTHER, UNKNOWN } from './edge-sums.ts';

type Told = Pick<EdgeSums, 'source' | 'destination' | 'reporter'>;

/**
 * What a callee says counts where the caller says nothing. Of callers that it cannot name, some may have spoken for themselves: they
 * count only where nobody says to have called it.
 */
export function toldOnce<Edge extends Told>(edges: readonly Edge[]): readonly Edge[] {
  const told = edges.filter(({ reporter }) => reporter === 'caller');
  const pairs = new Set(told.map(({ source, destination }) => JSON.stringify([source, destination])));
  const called = new Set(told.map(({ destination }) => destination));
  return edges.filter(({ reporter, source, destination }) => {
    if (reporter === 'caller') return true;
    if (source === UNKNOWN || source === OTHER) return !called.has(destination);
    return !pairs.has(JSON.stringify([source, destination]));
  });
}
