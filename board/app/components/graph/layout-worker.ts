import type { LayoutEdge, LayoutNode } from './graph-layout.ts';
import { layOutParts } from './part-layout.ts';

export type LayoutAsked = {
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
  /** How many times as wide as high it is to be. */
  readonly aspect: number;
};

/** Lays graphs out beside the page, so that it answers meanwhile. */
addEventListener('message', ({ data: { nodes, edges, aspect } }: MessageEvent<LayoutAsked>) =>
  postMessage(layOutParts(nodes, edges, aspect)),
);
