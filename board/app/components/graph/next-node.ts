import type { LaidOut } from './graph-layout.ts';

const WAYS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** What lies aside of the way counts more than what lies far on it. */
const ASIDE = 2.5;

/** The node that an arrow key leads to from another one; undefined: there is none that way, or it is no arrow. */
export function nextNode(nodes: LaidOut['nodes'], from: string, key: string): string | undefined {
  const way = WAYS[key];
  const start = nodes[from];
  if (!way || !start) return undefined;
  let best: { readonly id: string; readonly cost: number } | undefined;
  for (const [id, { x, y }] of Object.entries(nodes)) {
    const [dx, dy] = [x - start.x, y - start.y];
    const on = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1] + dy * way[0]);
    if (id === from || on <= 0 || aside > 4 * on) continue;
    const cost = on + ASIDE * aside;
    if (!best || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}
