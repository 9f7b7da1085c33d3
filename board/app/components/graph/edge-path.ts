import type { Point } from './graph-layout.ts';

/** A smooth line through the points of an edge: curves whose ends are half way between them. */
export function edgePath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return '';
  const spot = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const curves = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${spot(point)} ${spot(end)}`;
  });
  return `M${spot(first)}${curves.length > 0 ? curves.join('') : `L${spot(last)}`}`;
}
