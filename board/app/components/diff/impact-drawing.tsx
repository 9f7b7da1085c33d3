import { useEffect, useState } from 'preact/hooks';
import type { ImpactGraph } from '../../../api/types/diff.ts';
import { edgePath } from '../graph/edge-path.ts';
import type { LaidOut } from '../graph/graph-layout.ts';
import './impact-drawing.css';
import { ScrollArea } from '../scroll-area.tsx';

const HEIGHT = 38;
/** Drawings that do not fit are made so much smaller, so that words stay readable; then they scroll. */
const SMALLEST = 0.75;
const SIGNS = { added: '+ added', removed: '− removed', changed: '~ changed', reached: 'uses it' } as const;
const LONGEST = 24;
const cut = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);
const widthOf = (name: string): number => Math.max(132, 22 + cut(name).length * 7.2);

/** The graph of a change. What it says stands below it as a list, so it is a picture to a screen reader. */
export function ImpactDrawing({ graph }: { readonly graph: ImpactGraph }) {
  const [laidOut, setLaidOut] = useState<LaidOut>();
  useEffect(() => {
    let isHere = true;
    const nodes = graph.nodes.map(({ id, name }) => ({ id, width: widthOf(name), height: HEIGHT }));
    void import('../graph/graph-layout.ts').then(({ layOut }) => {
      if (isHere) setLaidOut(layOut(nodes, graph.edges));
    });
    return () => {
      isHere = false;
    };
  }, [graph]);
  if (!laidOut) return <div class="impact-place" aria-busy="true" />;
  return (
    <ScrollArea class="impact-scroll" label="Blast radius, drawn">
      <svg
        role="img"
        aria-label="What changes, and what uses it; the list below says the same"
        viewBox={`0 0 ${laidOut.width} ${laidOut.height}`}
        width={laidOut.width}
        style={{ minWidth: `${SMALLEST * laidOut.width}px` }}
      >
        {laidOut.edges.map((points, index) => (
          <path key={index} class="impact-edge" d={edgePath(points)} />
        ))}
        {graph.nodes.map(({ id, kind, name, change }) => {
          const middle = laidOut.nodes[id];
          if (!middle) return null;
          const width = widthOf(name);
          return (
            <g
              key={id}
              class={`impact-node impact-${change}`}
              transform={`translate(${middle.x - width / 2} ${middle.y - HEIGHT / 2})`}
            >
              <title>
                {kind} {name}
              </title>
              <rect width={width} height={HEIGHT} rx="6" />
              <text x="10" y="16">
                {cut(name)}
              </text>
              <text class="impact-kind" x="10" y="30">
                {kind}, {SIGNS[change]}
              </text>
            </g>
          );
        })}
      </svg>
    </ScrollArea>
  );
}
