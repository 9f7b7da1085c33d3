import type { SnapshotDiff } from '../../render/diff/snapshot-diff.ts';
import { referencesIn } from '../../render/references/find-references.ts';
import { referenceGraph } from '../../render/references/reference-graph.ts';
import { resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { ImpactGraph, ImpactNode } from '../api/types/diff.ts';

/** More than that nobody takes in at a glance; what changes goes before what is reached. */
const MOST_NODES = 120;

/** What changes, and what uses it on either side, with who uses whom. */
export function impactGraph(from: Snapshot, to: Snapshot, diff: SnapshotDiff): ImpactGraph {
  const nodes = new Map<string, ImpactNode>();
  const put = (change: ImpactNode['change'], { kind, name }: Pick<ImpactNode, 'kind' | 'name'>): void => {
    const id = resourceLabel({ kind, name });
    if (!nodes.has(id)) nodes.set(id, { id, kind, name, change });
  };
  for (const { after } of diff.changed) put('changed', after);
  for (const resource of diff.added) put('added', resource);
  for (const resource of diff.removed) put('removed', resource);
  const before = referenceGraph(from).allUsersOf([...diff.removed, ...diff.changed.map((change) => change.before)]);
  const after = referenceGraph(to).allUsersOf([...diff.added, ...diff.changed.map((change) => change.after)]);
  for (const resource of [...after, ...before]) put('reached', resource);

  const kept = new Map([...nodes].slice(0, MOST_NODES));
  const edges = new Map<string, ImpactGraph['edges'][number]>();
  for (const snapshot of [from, to])
    for (const { from: user, to: kind, name, role } of referencesIn(snapshot)) {
      const [source, target] = [resourceLabel(user), resourceLabel({ kind, name })];
      if (source !== target && kept.has(source) && kept.has(target))
        edges.set(`${source}\n${target}`, { from: source, to: target, role });
    }
  return { nodes: [...kept.values()], edges: [...edges.values()], leftOut: nodes.size - kept.size };
}
