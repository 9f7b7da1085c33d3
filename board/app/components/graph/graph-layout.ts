import { Graph, layout } from '@dagrejs/dagre';

export type LayoutNode = { readonly id: string; readonly width: number; readonly height: number };
export type LayoutEdge = { readonly from: string; readonly to: string };
export type Point = { readonly x: number; readonly y: number };
export type LaidOut = {
  readonly width: number;
  readonly height: number;
  /** By id: the middle of each node. */
  readonly nodes: Readonly<Record<string, Point>>;
  /** In the order of the edges given: the points that each goes through. */
  readonly edges: readonly (readonly Point[])[];
};

/** Who uses whom from the left to the right. The same graph is laid out the same each time. */
export function layOut(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): LaidOut {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 12, ranksep: 56, marginx: 8, marginy: 8, ranker: 'longest-path' });
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const [index, { from, to }] of edges.entries()) graph.setEdge(from, to, {}, String(index));
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
  };
}
