import { layOutDense } from './dense-layout.ts';
import { type LaidOut, type LayoutEdge, type LayoutNode, layOut, type Point } from './graph-layout.ts';

/** With more nodes than that lines that keep out of each other's way take seconds to find, and miles of paper. */
const MOST_IN_LAYERS = 120;
const BETWEEN_PARTS = 28;

type Part = { readonly nodes: readonly LayoutNode[]; readonly edges: readonly number[]; readonly laidOut: LaidOut };

/** A graph as wide as about `aspect` times as high: its unconnected parts side by side, and a large one in columns. */
export function layOutParts(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[], aspect: number): LaidOut {
  if (nodes.length > MOST_IN_LAYERS) return layOutDense(nodes, edges, aspect);
  const parts = partsOf(nodes, edges).map(
    (part): Part => ({
      ...part,
      laidOut: layOut(
        part.nodes,
        part.edges.flatMap((index) => edges[index] ?? []),
      ),
    }),
  );
  const area = parts.reduce((sum, { laidOut }) => sum + laidOut.width * laidOut.height, 0);
  const wide = Math.max(Math.sqrt(area * aspect) * 1.1, ...parts.map(({ laidOut }) => laidOut.width));
  return joined(parts, packed(parts, wide), edges.length);
}

/** What hangs together, the largest first. */
function partsOf(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): readonly Omit<Part, 'laidOut'>[] {
  const part = new Map(nodes.map(({ id }) => [id, id]));
  const rootOf = (id: string): string => {
    const above = part.get(id) ?? id;
    return above === id ? id : rootOf(above);
  };
  for (const { from, to } of edges) part.set(rootOf(from), rootOf(to));
  const members = Map.groupBy(nodes, ({ id }) => rootOf(id));
  const lines = Map.groupBy(edges.keys(), (index) => rootOf(edges[index]?.from ?? ''));
  return [...members]
    .map(([root, own]) => ({ nodes: own, edges: lines.get(root) ?? [] }))
    .toSorted((a, b) => b.nodes.length - a.nodes.length);
}

/** Left upper corners: on shelves from the left to the right, and below one another where a shelf is high enough. */
function packed(parts: readonly Part[], wide: number): readonly Point[] {
  let [left, top, column, shelfTop, shelf] = [0, 0, 0, 0, 0];
  return parts.map(({ laidOut: { width, height } }) => {
    if (top > shelfTop && top + height > shelfTop + shelf) [left, top, column] = [left + column, shelfTop, 0];
    if (left > 0 && left + width > wide)
      [left, top, shelfTop, shelf, column] = [0, shelfTop + shelf, shelfTop + shelf, 0, 0];
    const corner = { x: left, y: top };
    top += height + BETWEEN_PARTS;
    column = Math.max(column, width + BETWEEN_PARTS);
    shelf = Math.max(shelf, height + BETWEEN_PARTS);
    return corner;
  });
}

function joined(parts: readonly Part[], corners: readonly Point[], edgeCount: number): LaidOut {
  const nodes: Record<string, Point> = {};
  const edges: (readonly Point[])[] = Array.from({ length: edgeCount }, () => []);
  const labels: (Point | null)[] = Array.from({ length: edgeCount }, () => null);
  let [width, height] = [0, 0];
  for (const [index, { edges: own, laidOut }] of parts.entries()) {
    const corner = corners[index] ?? { x: 0, y: 0 };
    const moved = ({ x, y }: Point): Point => ({ x: x + corner.x, y: y + corner.y });
    for (const [id, middle] of Object.entries(laidOut.nodes)) nodes[id] = moved(middle);
    for (const [at, edge] of own.entries()) {
      edges[edge] = (laidOut.edges[at] ?? []).map(moved);
      const label = laidOut.labels[at];
      labels[edge] = label ? moved(label) : null;
    }
    width = Math.max(width, corner.x + laidOut.width);
    height = Math.max(height, corner.y + laidOut.height);
  }
  return { width, height, nodes, edges, labels };
}
