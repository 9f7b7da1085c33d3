import { useMemo } from 'preact/hooks';
import type { MapEdge } from '../../../api/types/mesh-map.ts';
import { edgePath } from '../../components/graph/edge-path.ts';
import { PanZoom } from '../../components/graph/pan-zoom.tsx';
import { useLayout } from '../../components/graph/use-layout.ts';
import { percentWords, rateWords } from '../../format/numbers.ts';
import { edgeWidth, edgeWords } from './edge-look.ts';
import { isWorrying, type MapPart } from './map-part.ts';
import './service-map.css';

const HEIGHT = 36;
const LONGEST = 26;
const cut = (name: string): string => (name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name);
const widthOf = (name: string): number => Math.max(150, 22 + cut(name).length * 7.2);
/** With more connections their figures would cover one another: they are told on pointing, and in the list. */
const MOST_LABELS = 40;

/** Services and calls, drawn. The list says the same; so it is a picture to a screen reader. */
export function ServiceMap(props: {
  readonly part: MapPart;
  readonly focus: string | undefined;
  /** Names that the search finds; undefined: nothing is searched for. */
  readonly matches: ReadonlySet<string> | undefined;
  readonly onFocus: (name: string) => void;
}) {
  const { part, focus, matches, onFocus } = props;
  const hasLabel = (edge: MapEdge): boolean => isWorrying(edge) || part.edges.length <= MOST_LABELS;
  const shape = useMemo(
    () =>
      JSON.stringify([
        part.services.map(({ name }) => name),
        part.edges.map((edge) => [edge.from, edge.to, isWorrying(edge)]),
      ]),
    [part],
  );
  const done = useLayout(shape, () => ({
    nodes: part.services.map(({ name }) => ({ id: name, width: widthOf(name), height: HEIGHT })),
    edges: part.edges.map((edge) => ({
      from: edge.from,
      to: edge.to,
      ...(hasLabel(edge) ? { labelWidth: 12 + edgeWords(edge).length * 5.4 } : {}),
    })),
  }));
  if (done?.shape !== shape)
    return (
      <p class="map-waiting" aria-busy="true">
        Drawing {part.services.length} services …
      </p>
    );
  const { laidOut } = done;
  const label = `Map of ${part.services.length} services; the list says the same`;
  return (
    <PanZoom drawing={laidOut} label={label}>
      {part.edges.map((edge, index) => {
        const points = laidOut.edges[index] ?? [];
        const middle = laidOut.labels[index];
        const bad = isWorrying(edge);
        return (
          <g
            key={`${edge.from} ${edge.to}`}
            class={`map-edge${bad ? ' map-edge-bad' : ''}${edge.requests === 0 ? ' map-edge-idle' : ''}`}
          >
            <path d={edgePath(points)} stroke-width={edgeWidth(edge.requestsPerSecond)} />
            <title>{`${edge.from} calls ${edge.to}: ${edgeWords(edge)}`}</title>
            {middle && hasLabel(edge) && (
              <text x={middle.x} y={middle.y + 3.5}>
                {bad && '⚠ '}
                {edgeWords(edge)}
              </text>
            )}
          </g>
        );
      })}
      {part.services.map(({ name, kind, requestsPerSecond, failureShare }) => {
        const middle = laidOut.nodes[name];
        if (!middle) return null;
        const bad = isWorrying(failureShare === undefined ? {} : { failureShare });
        const state = name === focus ? 'focus' : matches?.has(name) ? 'found' : matches ? 'other' : bad ? 'bad' : kind;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the search field and the list are how the keyboard does it
          <g
            key={name}
            data-node
            class={`map-node map-node-${state}`}
            transform={`translate(${middle.x - widthOf(name) / 2} ${middle.y - HEIGHT / 2})`}
            onClick={() => onFocus(name)}
          >
            <title>{name}</title>
            <rect width={widthOf(name)} height={HEIGHT} rx="7" />
            <text x="10" y="15">
              {cut(name)}
            </text>
            <text class="map-node-more" x="10" y="29">
              {kind === 'caller' ? 'calls only' : rateWords(requestsPerSecond)}
              {failureShare !== undefined &&
                failureShare > 0 &&
                `, ${bad ? '⚠ ' : ''}${percentWords(failureShare)} fail`}
              {kind === 'unknown' && ', no config'}
            </text>
          </g>
        );
      })}
    </PanZoom>
  );
}
