import type { ReadonlySignal } from '@preact/signals';
import type { MapEdge } from '../../../api/types/mesh-map.ts';
import { edgePath } from '../../components/graph/edge-path.ts';
import type { LaidOut } from '../../components/graph/graph-layout.ts';
import { edgeWidth, edgeWords } from './edge-look.ts';
import { isWorrying } from './map-part.ts';

/** Ends of lines: who is called. Two, as no browser gives one the colour of its line everywhere. */
export function ArrowHeads() {
  return (
    <defs>
      {['map-arrow', 'map-arrow-bad', 'map-arrow-near'].map((id) => (
        <marker
          key={id}
          id={id}
          class={id}
          viewBox="0 0 8 8"
          refX="7.5"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0.5L8 4L0 7.5Z" />
        </marker>
      ))}
    </defs>
  );
}

/** Calls, drawn. `hasLabel`: which of them bear their figures. */
export function MapEdges(props: {
  readonly edges: readonly MapEdge[];
  readonly laidOut: LaidOut;
  readonly hasLabel: (edge: MapEdge) => boolean;
}) {
  const { edges, laidOut, hasLabel } = props;
  return (
    <>
      {edges.map((edge, index) => {
        const middle = laidOut.labels[index];
        const bad = isWorrying(edge);
        return (
          <g
            key={`${edge.from} ${edge.to}`}
            class={`map-edge${bad ? ' map-edge-bad' : ''}${edge.requests === 0 ? ' map-edge-idle' : ''}`}
            style={{ '--wide': String(edgeWidth(edge.requestsPerSecond)) }}
          >
            <path d={edgePath(laidOut.edges[index] ?? [])} marker-end={`url(#map-arrow${bad ? '-bad' : ''})`} />
            <title>{`${edge.from} calls ${edge.to}: ${edgeWords(edge)}`}</title>
            {middle && hasLabel(edge) && <Label x={middle.x} y={middle.y} edge={edge} />}
          </g>
        );
      })}
    </>
  );
}

/** Those of the service that is pointed at, or that the keyboard is on, over all others. */
export function NearEdges(props: {
  readonly near: ReadonlySignal<string | undefined>;
  readonly edges: readonly MapEdge[];
  readonly laidOut: LaidOut;
}) {
  const { near, edges, laidOut } = props;
  const name = near.value;
  if (name === undefined) return null;
  return (
    <g class="map-near">
      {edges.map((edge, index) => {
        if (edge.from !== name && edge.to !== name) return null;
        const points = laidOut.edges[index] ?? [];
        return <path key={`${edge.from} ${edge.to}`} d={edgePath(points)} marker-end="url(#map-arrow-near)" />;
      })}
    </g>
  );
}

function Label({ x, y, edge }: { readonly x: number; readonly y: number; readonly edge: MapEdge }) {
  return (
    <text x={x} y={y + 3.5}>
      {isWorrying(edge) && '⚠ '}
      {edgeWords(edge)}
    </text>
  );
}
