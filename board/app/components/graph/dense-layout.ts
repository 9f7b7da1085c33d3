import type { LaidOut, LayoutEdge, LayoutNode, Point } from './graph-layout.ts';

/** Between columns, for the lines from one to the next. */
const BETWEEN_COLUMNS = 84;
const BETWEEN_ROWS = 12;
const MARGIN = 8;
const SWEEPS = 6;
/** How far lines go straight on before they bend. */
const BEND = 42;

/**
 * A large graph in columns of one height, so that it is as wide as `aspect` times as high: who uses others stands to the left of them or
 * in the same column. Lines go straight from one to the other, behind what is between; in milliseconds for thousands of nodes.
 */
export function layOutDense(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[], aspect: number): LaidOut {
  const width = Math.max(1, ...nodes.map((node) => node.width)) + BETWEEN_COLUMNS;
  const height = Math.max(1, ...nodes.map((node) => node.height)) + BETWEEN_ROWS;
  const rows = Math.max(1, Math.ceil(Math.sqrt((nodes.length * width) / (aspect * height))));
  const order = inOrderOfUse(nodes, edges);
  const columns = Array.from({ length: Math.ceil(order.length / rows) }, (_, index) =>
    order.slice(index * rows, (index + 1) * rows),
  );
  straighten(columns, edges);
  const middles: Record<string, Point> = {};
  for (const [x, column] of columns.entries()) {
    const top = ((rows - column.length) * height) / 2;
    for (const [y, id] of column.entries())
      middles[id] = {
        x: MARGIN + x * width + (width - BETWEEN_COLUMNS) / 2,
        y: MARGIN + top + y * height + (height - BETWEEN_ROWS) / 2,
      };
  }
  const widths = new Map(nodes.map((node) => [node.id, node.width]));
  return {
    width: columns.length * width - BETWEEN_COLUMNS + 2 * MARGIN + BEND,
    height: Math.min(rows, nodes.length) * height - BETWEEN_ROWS + 2 * MARGIN,
    nodes: middles,
    edges: edges.map(({ from, to }) => line(middles[from], middles[to], widths.get(from) ?? 0, widths.get(to) ?? 0)),
    labels: edges.map(() => null),
  };
}

/** Those that nobody uses first, then whom they use. In a circle, whoever is used by fewest others begins. */
function inOrderOfUse(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): readonly string[] {
  const users = new Map(nodes.map(({ id }) => [id, 0]));
  const uses = Map.groupBy(
    edges.filter(({ from, to }) => from !== to && users.has(from) && users.has(to)),
    ({ from }) => from,
  );
  for (const { to } of [...uses.values()].flat()) users.set(to, (users.get(to) ?? 0) + 1);
  const order: string[] = [];
  let next = [...users].filter(([, count]) => count === 0).map(([id]) => id);
  while (users.size > 0) {
    if (next.length === 0) {
      const [least] = [...users].toSorted(([, a], [, b]) => a - b);
      next = least ? [least[0]] : [];
    }
    const after: string[] = [];
    for (const id of next) if (users.delete(id)) order.push(id);
    for (const { to } of next.flatMap((id) => uses.get(id) ?? [])) {
      const left = users.get(to);
      if (left === undefined) continue;
      users.set(to, left - 1);
      if (left === 1) after.push(to);
    }
    next = after;
  }
  return order;
}

/** Brings each node to about the height of those that it has lines to, to and fro over the columns. */
function straighten(columns: string[][], edges: readonly LayoutEdge[]): void {
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges)
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      neighbours.set(one, [...(neighbours.get(one) ?? []), other]);
  const place = new Map(columns.flatMap((column) => column.map((id, y) => [id, y] as const)));
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const column of sweep % 2 === 0 ? columns : columns.toReversed()) {
      const wanted = new Map(
        column.map((id, y) => {
          const near = (neighbours.get(id) ?? []).map((other) => place.get(other) ?? y);
          return [id, near.length === 0 ? y : near.reduce((sum, one) => sum + one, 0) / near.length];
        }),
      );
      column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      for (const [y, id] of column.entries()) place.set(id, y);
    }
}

/** To the right, out of one and into the other; within a column around its right side; back from left to right. */
function line(from: Point | undefined, to: Point | undefined, fromWidth: number, toWidth: number): readonly Point[] {
  if (!from || !to) return [];
  const starts = to.x < from.x ? -1 : 1;
  const ends = to.x > from.x ? -1 : 1;
  const start = { x: from.x + (starts * fromWidth) / 2, y: from.y };
  const end = { x: to.x + (ends * toWidth) / 2, y: to.y };
  return [start, { x: start.x + starts * BEND, y: start.y }, { x: end.x + ends * BEND, y: end.y }, end];
}
