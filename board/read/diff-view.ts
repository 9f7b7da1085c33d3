import { type PriorityArithmetic, panicArithmetic } from '../../conformance/guards/panic-arithmetic.ts';
import { changeOf } from '../../pipeline/engine/change.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import { blastRadius } from '../../render/diff/blast-radius.ts';
import type { FieldChange } from '../../render/diff/field-change.ts';
import { diffSnapshots } from '../../render/diff/snapshot-diff.ts';
import { hostsOf } from '../../render/references/cluster-hosts.ts';
import { referenceGraph } from '../../render/references/reference-graph.ts';
import type { Resource } from '../../render/resource.ts';
import { makeSnapshot, resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import type {
  DiffSide,
  DiffView,
  FieldChangeView,
  HostChangeView,
  PanicView,
  ResourceChangeView,
} from '../api/types/diff.ts';
import { impactGraph } from './impact-graph.ts';

export type Sides = {
  readonly from: { readonly side: DiffSide; readonly snapshot: Snapshot | undefined };
  readonly to: { readonly side: DiffSide; readonly snapshot: Snapshot };
  /** Whose guards the panic arithmetic goes by. */
  readonly stage: Stage;
};

/** Everything that differs to Envoy, as data and as text. */
export function diffView({ from, to, stage }: Sides): DiffView {
  const before = from.snapshot ?? makeSnapshot(to.snapshot.stage, []);
  const after = to.snapshot;
  const diff = diffSnapshots(before, after);
  const { text, summary } = changeOf(from.snapshot, after, stage);
  return {
    from: from.side,
    to: to.side,
    summary,
    resources: [
      ...diff.removed.map((resource) => whole('removed', resource)),
      ...diff.added.map((resource) => whole('added', resource)),
      ...diff.changed.map(
        ({ after: { kind, name, at }, fields }): ResourceChangeView => ({
          kind,
          name,
          at,
          change: 'changed',
          fields: fields.map(fieldView),
        }),
      ),
    ],
    bootstrap: diff.bootstrap.map(fieldView),
    hosts: hostChanges(from.snapshot, after, stage),
    blastRadius: blastRadius(before, after, diff),
    graph: impactGraph(before, after, diff),
    text,
  };
}

const whole = (change: 'added' | 'removed', { kind, name, at, body }: Resource): ResourceChangeView => ({
  kind,
  name,
  at,
  change,
  fields: [],
  body,
});

function fieldView({ beforePath: _, afterPath: __, ...rest }: FieldChange): FieldChangeView {
  return rest;
}

function hostChanges(before: Snapshot | undefined, after: Snapshot, stage: Stage): readonly HostChangeView[] {
  if (!before) return [];
  const names = new Set([...resourcesOf(before, 'cluster'), ...resourcesOf(after, 'cluster')].map(({ name }) => name));
  return [...names].sort().flatMap((cluster) => {
    const [was, is] = [addressesOf(before, cluster), addressesOf(after, cluster)];
    const added = [...is].filter((address) => !was.has(address));
    const removed = [...was].filter((address) => !is.has(address));
    const panic = panicArithmetic(before, after, cluster, stage.guards).map(panicView);
    return added.length + removed.length + panic.length === 0 ? [] : [{ cluster, added, removed, panic }];
  });
}

function addressesOf(snapshot: Snapshot, name: string): ReadonlySet<string> {
  const cluster = referenceGraph(snapshot).find('cluster', name);
  const found = cluster && hostsOf(snapshot, cluster);
  return new Set(found?.kind === 'listed' ? found.hosts.map(({ address }) => address) : []);
}

/** JSON has no infinity. */
const panicView = (sum: PriorityArithmetic): PanicView => ({
  ...sum,
  largestSafeStep: Number.isFinite(sum.largestSafeStep) ? sum.largestSafeStep : null,
});
