import { type Resource, type ResourceKind, resourceLabel } from '../resource.ts';
import type { Snapshot } from '../snapshot.ts';
import { referencesIn } from './find-references.ts';

/** Resources by `kind name`, and who names whom. */
export type ReferenceGraph = {
  find(kind: ResourceKind, name: string): Resource | undefined;
  /** The resources that name `resource` directly. */
  usersOf(resource: Pick<Resource, 'kind' | 'name'>): readonly Resource[];
  /** The resources that `resource` names directly, as far as they exist. */
  usedBy(resource: Pick<Resource, 'kind' | 'name'>): readonly Resource[];
  /** Everything that reaches one of `start` by following names, without `start` itself unless it is reached again. */
  allUsersOf(start: readonly Pick<Resource, 'kind' | 'name'>[]): readonly Resource[];
};

const cache = new WeakMap<Snapshot, ReferenceGraph>();

export function referenceGraph(snapshot: Snapshot): ReferenceGraph {
  const known = cache.get(snapshot);
  if (known) return known;
  const byLabel = new Map(snapshot.resources.map((resource) => [resourceLabel(resource), resource]));
  const users = new Map<string, Set<Resource>>();
  const used = new Map<string, Set<Resource>>();
  const put = (map: Map<string, Set<Resource>>, label: string, resource: Resource) => {
    const set = map.get(label);
    if (set) set.add(resource);
    else map.set(label, new Set([resource]));
  };
  for (const { from, to, name } of referencesIn(snapshot)) {
    const target = resourceLabel({ kind: to, name });
    put(users, target, from);
    const found = byLabel.get(target);
    if (found) put(used, resourceLabel(from), found);
  }
  const of = (map: Map<string, Set<Resource>>, label: string): readonly Resource[] => [...(map.get(label) ?? [])];
  const graph: ReferenceGraph = {
    find: (kind, name) => byLabel.get(resourceLabel({ kind, name })),
    usersOf: (resource) => of(users, resourceLabel(resource)),
    usedBy: (resource) => of(used, resourceLabel(resource)),
    allUsersOf(start) {
      const seen = new Map<string, Resource>();
      const queue = start.map(resourceLabel);
      for (let label = queue.shift(); label !== undefined; label = queue.shift())
        for (const user of of(users, label)) {
          const next = resourceLabel(user);
          if (seen.has(next)) continue;
          seen.set(next, user);
          queue.push(next);
        }
      return [...seen.values()];
    },
  };
  cache.set(snapshot, graph);
  return graph;
}
