import type { MapEdge, MapService, MeshMapView } from '../../../api/types/mesh-map.ts';

export type MapPart = { readonly services: readonly MapService[]; readonly edges: readonly MapEdge[] };

/** Services that fit into one look. More of them are drawn when somebody asks for all. */
export const MOST_DRAWN = 60;
/** More than that of requests failing is worth a colour. */
const WORRYING_SHARE = 0.01;

export const isWorrying = ({ failureShare }: { readonly failureShare?: number }): boolean =>
  (failureShare ?? 0) > WORRYING_SHARE;

/** A service with those that it reaches, and those that reach it, over at most `steps` calls in one direction. */
export function neighbourhood({ services, edges }: MapPart, name: string, steps: number): MapPart {
  const kept = new Set([name]);
  for (const [near, far] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    let edge = new Set([name]);
    for (let step = 0; step < steps; step++) {
      edge = new Set(edges.filter((one) => edge.has(one[near])).map((one) => one[far]));
      for (const reached of edge) kept.add(reached);
    }
  }
  return among({ services, edges }, kept);
}

/** The part of a large mesh that one looks at first: where requests fail, then where most requests go. */
export function mostPressing({ services, edges }: MapPart, most = MOST_DRAWN): MapPart {
  if (services.length <= most) return { services, edges };
  const bad = new Set(edges.filter(isWorrying).flatMap(({ from, to }) => [from, to]));
  const sorted = services.toSorted(
    (a, b) => Number(bad.has(b.name)) - Number(bad.has(a.name)) || b.requestsPerSecond - a.requestsPerSecond,
  );
  return among({ services, edges }, new Set(sorted.slice(0, most).map(({ name }) => name)));
}

/** Where requests fail: both ends of each call. */
export function failing({ services, edges }: MapPart): MapPart {
  const bad = edges.filter(isWorrying);
  const kept = new Set(bad.flatMap(({ from, to }) => [from, to]));
  return { services: services.filter(({ name }) => kept.has(name)), edges: bad };
}

/** Some services, and as many of those next to them as fit beside them. */
export function around({ services, edges }: MapPart, names: ReadonlySet<string>, most = MOST_DRAWN): MapPart {
  const kept = new Set([...names].slice(0, most));
  for (const { from, to } of edges) {
    if (kept.size >= most) break;
    if (names.has(from) && kept.has(from)) kept.add(to);
    else if (names.has(to) && kept.has(to)) kept.add(from);
  }
  return among({ services, edges }, kept);
}

const among = ({ services, edges }: MapPart, kept: ReadonlySet<string>): MapPart => ({
  services: services.filter(({ name }) => kept.has(name)),
  edges: edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
});

/** Services whose name has all words of `text`, in any order. */
export function found(services: MeshMapView['services'], text: string): readonly MapService[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.length === 0
    ? services
    : services.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}
