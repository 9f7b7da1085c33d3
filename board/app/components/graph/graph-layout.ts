import { Graph, layout } from '@dagrejs/dagre';

export type LayoutNode = { readonly id: string; readonly width: number; readonly height: number };
/** `labelWidth`: room for words in its middle; default none. */
export type LayoutEdge = { readonly from: string; readonly to: string; readonly labelWidth?: number };
export type Point = { readonly x: number; readonly y: number };
export type LaidOut = {
  readonly width: number;
  readonly height: number;
  /** By id: the middle of each node. */
  readonly nodes: Readonly<Record<string, Point>>;
  /** In the order of the edges given: the points that each goes through. */
  readonly edges: readonly (readonly Point[])[];
  /** In the same order: the middle of the room for words; null where none was asked for. */
  readonly labels: readonly (Point | null)[];
};

const LABEL_HEIGHT = 14;

/** Who uses whom from the left to the right. The same graph is laid out the same each time. */
export function layOut(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): LaidOut {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: 'LR',
    nodesep: 12,
    ranksep: 56,
    edgesep: 6,
    marginx: 8,
    marginy: 8,
    ranker: 'longest-path',
  });
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const [index, { from, to, labelWidth = 0 }] of edges.entries())
    graph.setEdge(
      from,
      to,
      labelWidth > 0 ? { width: labelWidth, height: LABEL_HEIGHT, labelpos: 'c' } : {},
      String(index),
    );
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: Object.fromEntries(
      nodes.map(({ id }) => {
        const { x, y } = graph.node(id) as Point;
        return [id, { x, y }];
      }),
    ),
    edges: edges.map(({ from, to }, index) => {
      const { points = [] } = graph.edge(from, to, String(index)) as { points?: Point[] };
      return points.map(({ x, y }) => ({ x, y }));
    }),
    labels: edges.map(({ from, to }, index) => {
      const { x, y } = graph.edge(from, to, String(index)) as Partial<Point>;
      return x === undefined || y === undefined ? null : { x, y };
    }),
  };
}
