import { type LayoutEdge, type LayoutNode, layOut } from './graph-layout.ts';

/** Lays large graphs out beside the page, so that it answers meanwhile. */
addEventListener('message', ({ data }: MessageEvent<{ nodes: readonly LayoutNode[]; edges: readonly LayoutEdge[] }>) =>
  postMessage(layOut(data.nodes, data.edges)),
);
