import type { JsonObject, JsonPath } from '../json.ts';
import { isJsonObject } from '../json.ts';
import { stringAt } from '../read-json.ts';
import { referencesIn } from '../references/find-references.ts';
import { referenceGraph } from '../references/reference-graph.ts';
import { routeConfigsIn } from '../references/route-configs.ts';
import { type Resource, resourceLabel } from '../resource.ts';
import { resourcesOf, type Snapshot } from '../snapshot.ts';
import type { SnapshotDiff } from './snapshot-diff.ts';

/** What a change reaches. Names are sorted; a virtual host is `route configuration/virtual host`. */
export type BlastRadius = {
  readonly listeners: readonly string[];
  readonly virtualHosts: readonly string[];
  readonly clusters: readonly string[];
  /** How many there are, those that are gone included. */
  readonly of: { readonly listeners: number; readonly virtualHosts: number; readonly clusters: number };
  /** `reaches 1 of 2 listeners (edge), …` */
  readonly line: string;
};

type Touch = { readonly resource: Resource; readonly path: JsonPath };

/** Every place of one side of the diff that differs: the whole of an added or removed resource, the fields of a changed one. */
function touchesOf(diff: SnapshotDiff, side: 'from' | 'to'): readonly Touch[] {
  const whole = (side === 'from' ? diff.removed : diff.added).map((resource) => ({ resource, path: [] }));
  const parts = diff.changed.flatMap(({ before, after, fields }) =>
    fields.flatMap((field): Touch[] => {
      const path = side === 'from' ? field.beforePath : field.afterPath;
      return path ? [{ resource: side === 'from' ? before : after, path }] : [];
    }),
  );
  return [...whole, ...parts];
}

/** The route, or else the whole, that a changed field belongs to: a weight that changed reaches every cluster of its split. */
function unitOf(path: JsonPath): JsonPath {
  const last = path.lastIndexOf('routes');
  return last === -1 ? path : path.slice(0, last + 2);
}

const spotOf = (resource: Resource, path: JsonPath): string => `${resourceLabel(resource)}\n${path.join('\n')}`;

/** Whether `path` or anything above it is among `spots`. */
function isUnder(spots: ReadonlySet<string>, resource: Resource, path: JsonPath): boolean {
  for (let length = 0; length <= path.length; length++)
    if (spots.has(spotOf(resource, path.slice(0, length)))) return true;
  return false;
}

/** The virtual host that `path` leads into. */
function virtualHostOf(path: JsonPath): JsonPath | undefined {
  const at = path.indexOf('virtualHosts');
  return at === -1 || path.length < at + 2 ? undefined : path.slice(0, at + 2);
}

type Sink = Record<'listeners' | 'virtualHosts' | 'clusters', Set<string>>;

function collect(snapshot: Snapshot, touches: readonly Touch[], sink: Sink): void {
  const touched = [...new Set(touches.map(({ resource }) => resource))];
  const reached = [...touched, ...referenceGraph(snapshot).allUsersOf(touched)];
  const labels = new Set(reached.map(resourceLabel));
  for (const { kind, name } of reached) {
    if (kind === 'listener') sink.listeners.add(name);
    if (kind === 'cluster') sink.clusters.add(name);
  }
  const units = new Set(touches.map(({ resource, path }) => spotOf(resource, unitOf(path))));
  const spots = new Set<string>();
  for (const { resource, path } of touches) spots.add(spotOf(resource, virtualHostOf(path) ?? path));
  for (const { from, to, name, path } of referencesIn(snapshot)) {
    if (to === 'cluster' && from.kind !== 'cluster' && isUnder(units, from, path)) sink.clusters.add(name);
    const host = virtualHostOf(path);
    if (host && labels.has(resourceLabel({ kind: to, name }))) spots.add(spotOf(from, host));
  }
  for (const { body, owner, path } of routeConfigsIn(snapshot)) {
    const hosts = Array.isArray(body.virtualHosts) ? body.virtualHosts.filter(isJsonObject) : [];
    hosts.forEach((host: JsonObject, index) => {
      if (!isUnder(spots, owner, [...path, 'virtualHosts', index])) return;
      sink.virtualHosts.add(`${stringAt(body, 'name') || owner.name}/${stringAt(host, 'name')}`);
    });
  }
}

const MOST_NAMED = 5;
const phrase = (names: readonly string[], all: number, one: string): string => {
  const shown = names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ', …' : '');
  return `${names.length} of ${all} ${one}s${names.length > 0 ? ` (${shown})` : ''}`;
};

/** What `diff` reaches through the references of both snapshots: what is gone counts as reached too. */
export function blastRadius(from: Snapshot, to: Snapshot, diff: SnapshotDiff): BlastRadius {
  const sink = { listeners: new Set<string>(), virtualHosts: new Set<string>(), clusters: new Set<string>() };
  collect(from, touchesOf(diff, 'from'), sink);
  collect(to, touchesOf(diff, 'to'), sink);
  const sorted = (names: Set<string>): readonly string[] => [...names].sort();
  const [listeners, virtualHosts, clusters] = [
    sorted(sink.listeners),
    sorted(sink.virtualHosts),
    sorted(sink.clusters),
  ];
  const hosts = routeConfigsIn(to).reduce(
    (sum, { body }) => sum + (Array.isArray(body.virtualHosts) ? body.virtualHosts.length : 0),
    0,
  );
  const gone = (names: readonly string[], kind: 'listener' | 'cluster'): number =>
    names.filter((name) => !referenceGraph(to).find(kind, name)).length;
  const of = {
    listeners: resourcesOf(to, 'listener').length + gone(listeners, 'listener'),
    virtualHosts: Math.max(hosts, virtualHosts.length),
    clusters: resourcesOf(to, 'cluster').length + gone(clusters, 'cluster'),
  };
  const line = `reaches ${phrase(listeners, of.listeners, 'listener')}, ${phrase(virtualHosts, of.virtualHosts, 'virtual host')}, ${phrase(clusters, of.clusters, 'cluster')}`;
  return { listeners, virtualHosts, clusters, of, line };
}
