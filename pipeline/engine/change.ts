import { panicArithmetic } from '../../conformance/guards/panic-arithmetic.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import { blastRadius } from '../../render/diff/blast-radius.ts';
import { renderDiff } from '../../render/diff/render-diff.ts';
import { diffSnapshots, isEmptyDiff, type SnapshotDiff } from '../../render/diff/snapshot-diff.ts';
import type { Finding } from '../../render/finding.ts';
import { makeSnapshot, resourcesOf, type Snapshot } from '../../render/snapshot.ts';

export type Change = {
  /** The whole diff, as people read it. */
  readonly text: string;
  readonly summary: string;
  readonly blastRadius: string;
  /** One for each cluster that gets hosts, with the numbers. */
  readonly panic: readonly Finding[];
};

/** Live → proposed, in the words that people decide by. `before` undefined: nothing is there yet. */
export function changeOf(before: Snapshot | undefined, after: Snapshot, stage: Stage): Change {
  const from = before ?? makeSnapshot(stage.name, []);
  const diff = diffSnapshots(from, after);
  const panic = before ? panicLines(before, after, stage) : [];
  const { line } = blastRadius(from, after, diff);
  const sums = panic.map(({ saw }) => `panic arithmetic: ${saw}\n`).join('');
  return {
    text: `${renderDiff(diff)}${line}\n${sums}`,
    summary: before ? summaryOf(diff) : `first delivery: ${after.resources.length} resources`,
    blastRadius: line,
    panic,
  };
}

/** `2 clusters changed, 1 route added`. */
function summaryOf(diff: SnapshotDiff): string {
  if (isEmptyDiff(diff)) return 'no change for the Envoys of this stage';
  const parts: string[] = [];
  const count = (what: string, kinds: readonly string[]): void => {
    for (const [kind, found] of Map.groupBy(kinds, (name) => name))
      parts.push(`${found.length} ${kind}${found.length === 1 ? '' : 's'} ${what}`);
  };
  count(
    'changed',
    diff.changed.map(({ after }) => after.kind),
  );
  count(
    'added',
    diff.added.map(({ kind }) => kind),
  );
  count(
    'removed',
    diff.removed.map(({ kind }) => kind),
  );
  if (diff.bootstrap.length > 0) parts.push('the bootstrap changed');
  if (diff.generators.length > 0) parts.push('the generators changed');
  return parts.join(', ');
}

function panicLines(before: Snapshot, after: Snapshot, { name, guards }: Stage): readonly Finding[] {
  return resourcesOf(after, 'cluster').flatMap((cluster) =>
    panicArithmetic(before, after, cluster.name, guards)
      .filter(({ added }) => added.length > 0)
      .map((sum): Finding => {
        const most = Number.isFinite(sum.largestSafeStep)
          ? `at most ${sum.largestSafeStep} at once`
          : 'any number, as panic mode is off';
        return {
          rule: 'panic-arithmetic',
          severity: 'warning',
          at: cluster.at,
          resource: `cluster ${cluster.name}`,
          stage: name,
          saw: `cluster ${cluster.name}: ${sum.added.length} hosts join ${sum.healthyKept} healthy ones at a panic threshold of ${sum.thresholdPercent} %`,
          want: `${most}: the change is ${sum.safe ? 'safe even if all of them fail' : 'not safe if all of them fail'}`,
        };
      }),
  );
}
