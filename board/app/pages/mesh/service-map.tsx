import { useSignal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { MapEdge, MapService } from '../../../api/types/mesh-map.ts';
import type { LaidOut } from '../../components/graph/graph-layout.ts';
import { nextNode } from '../../components/graph/next-node.ts';
import { PanZoom } from '../../components/graph/pan-zoom.tsx';
import { useLayout } from '../../components/graph/use-layout.ts';
import type { Box } from '../../components/graph/view-box.ts';
import { edgeWords } from './edge-look.ts';
import { ArrowHeads, MapEdges, NearEdges } from './map-edges.tsx';
import { isWorrying, type MapPart } from './map-part.ts';
import { NODE_HEIGHT, nodeName, nodeWidth, nodeWords } from './node-look.ts';
import './service-map.css';

/** With more connections their figures would cover one another: they are told on pointing, and in the list. */
const MOST_LABELS = 40;
/** As wide as high as the place of the map is on most screens; on a phone it is higher. */
const ASPECT = { wide: 2.2, narrow: 1 } as const;
/** Around what is looked at. */
const ROOM = 60;

/** Services and calls, drawn. Each service is a link; arrows lead from one to the next. The list says the same. */
export function ServiceMap(props: {
  readonly part: MapPart;
  readonly focus: string | undefined;
  /** Names that the search finds; undefined: nothing is searched for. */
  readonly matches: ReadonlySet<string> | undefined;
  readonly hrefOf: (name: string) => string;
  readonly onFocus: (name: string) => void;
}) {
  const { part, focus, matches, hrefOf, onFocus } = props;
  const near = useSignal<string | undefined>(undefined);
  const [stop, setStop] = useState<string>();
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
    aspect: matchMedia('(max-width: 40rem)').matches ? ASPECT.narrow : ASPECT.wide,
    nodes: part.services.map((service) => ({ id: service.name, width: nodeWidth(service), height: NODE_HEIGHT })),
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
  const onKeyDown = (event: KeyboardEvent): void => {
    const from = (event.target as Element).closest('[data-node]')?.getAttribute('data-node') ?? undefined;
    const next = from === undefined ? undefined : nextNode(laidOut.nodes, from, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setStop(next);
    const svg = (event.currentTarget as Element).ownerDocument;
    svg.querySelector<SVGAElement>(`[data-node=${CSS.escape(next)}]`)?.focus({ preventScroll: true });
  };
  // One stop for the tab key; arrows lead on from there.
  const first = part.services.some(({ name }) => name === stop) ? stop : (focus ?? part.services[0]?.name);
  return (
    <PanZoom
      drawing={laidOut}
      label={label}
      target={boxOf(matches, laidOut)}
      onNear={(name) => {
        near.value = name;
      }}
    >
      <ArrowHeads />
      <MapEdges edges={part.edges} laidOut={laidOut} hasLabel={hasLabel} />
      <NearEdges near={near} edges={part.edges} laidOut={laidOut} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what its links tell of themselves is gathered here */}
      <g onKeyDown={onKeyDown}>
        {part.services.map((service) => {
          const { name } = service;
          const middle = laidOut.nodes[name];
          return (
            middle && (
              <ServiceNode
                key={name}
                service={service}
                state={stateOf(service, focus, matches)}
                x={middle.x - nodeWidth(service) / 2}
                y={middle.y - NODE_HEIGHT / 2}
                href={hrefOf(name)}
                isStop={name === first}
                onPress={() => onFocus(name)}
              />
            )
          );
        })}
      </g>
    </PanZoom>
  );
}

function stateOf(service: MapService, focus: string | undefined, matches: ReadonlySet<string> | undefined): string {
  if (service.name === focus) return 'focus';
  if (matches) return matches.has(service.name) ? 'found' : 'other';
  return isWorrying(service) ? 'bad' : service.kind;
}

/** The part of the drawing in which all that is found stands; undefined: look at the whole. */
function boxOf(names: ReadonlySet<string> | undefined, { nodes }: LaidOut): Box | undefined {
  const spots = [...(names ?? [])].flatMap((name) => nodes[name] ?? []);
  if (spots.length === 0) return undefined;
  const [xs, ys] = [spots.map(({ x }) => x), spots.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - 2 * ROOM, Math.min(...ys) - ROOM];
  return { x: left, y: top, width: Math.max(...xs) + 2 * ROOM - left, height: Math.max(...ys) + ROOM - top };
}

function ServiceNode(props: {
  readonly service: MapService;
  readonly state: string;
  readonly x: number;
  readonly y: number;
  readonly href: string;
  readonly isStop: boolean;
  readonly onPress: () => void;
}) {
  const { service, state, x, y, href, isStop, onPress } = props;
  const onClick = (event: MouseEvent): void => {
    // A drag that ended here, or a click for a tab of its own.
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onPress();
  };
  return (
    <g transform={`translate(${x} ${y})`}>
      <a
        data-node={service.name}
        class={`map-node map-node-${state}`}
        href={href}
        tabindex={isStop ? 0 : -1}
        onClick={onClick}
      >
        <title>{`${service.name}: ${nodeWords(service)}`}</title>
        <rect width={nodeWidth(service)} height={NODE_HEIGHT} rx="7" />
        <text x="10" y="15">
          {nodeName(service.name)}
        </text>
        <text class="map-node-more" x="10" y="29">
          {nodeWords(service)}
        </text>
      </a>
    </g>
  );
}
