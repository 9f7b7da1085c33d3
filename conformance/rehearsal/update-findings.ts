import type { Finding } from '../../render/finding.ts';
import { hostsOf, isMarkedDown } from '../../render/references/cluster-hosts.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import { canonicalJson, type Snapshot } from '../../render/snapshot.ts';
import { escapeRe2, readStats } from '../admin/stats.ts';

/** Counters of one Envoy that a change may move. */
export type UpdateCounters = {
  readonly panic: ReadonlyMap<string, number>;
  readonly listeners: ReadonlyMap<string, number>;
};

const PANIC = '^cluster\\..*\\.lb_healthy_panic$';
/** An update in place counts as a modification too, and drains only the filter chains that change. */
const LISTENERS = '^listener_manager\\.(listener_modified|listener_removed)$';

export async function readUpdateCounters(adminUrl: URL, signal: AbortSignal): Promise<UpdateCounters> {
  const [panic, listeners] = await Promise.all([
    readStats(adminUrl, PANIC, { signal }),
    readStats(adminUrl, LISTENERS, { signal }),
  ]);
  return { panic, listeners };
}

/** How often each cluster of `names` picked hosts in panic mode between two readings; clusters that never did are left out. */
export function panicsBetween(
  before: UpdateCounters,
  after: UpdateCounters,
  names: readonly string[],
): ReadonlyMap<string, number> {
  const moved = new Map<string, number>();
  for (const name of names) {
    // In statistics a colon of a cluster's name becomes an underscore.
    const pattern = new RegExp(`^cluster\\.${escapeRe2(name.replaceAll(':', '_'))}\\.lb_healthy_panic$`);
    for (const [stat, value] of after.panic) {
      const delta = value - (before.panic.get(stat) ?? 0);
      if (pattern.test(stat) && delta > 0) moved.set(name, delta);
    }
  }
  return moved;
}

/** Panic, and listeners that Envoy replaced or dropped although their bytes are the same before and after. */
export function updateFindings(update: {
  readonly before: UpdateCounters;
  readonly after: UpdateCounters;
  readonly served: { readonly before: readonly Resource[]; readonly after: readonly Resource[] };
  readonly live: Snapshot;
  readonly proposed: Snapshot;
  readonly envoy: string;
}): Finding[] {
  const { before, after, served, live, proposed, envoy } = update;
  const scope = { severity: 'error', stage: proposed.stage, envoy: [envoy] } as const;
  const clusters = proposed.resources.filter(
    (cluster) => cluster.kind === 'cluster' && [live, proposed].some((snapshot) => hasHostsUp(snapshot, cluster.name)),
  );
  const panics = panicsBetween(
    before,
    after,
    clusters.map(({ name }) => name),
  );
  const findings: Finding[] = clusters.flatMap((cluster) => {
    const times = panics.get(cluster.name);
    if (times === undefined) return [];
    return [
      {
        ...scope,
        rule: 'rehearsal-panic',
        at: cluster.at,
        saw: `${times} requests were balanced in panic mode while the configuration changed (cluster.${cluster.name}.lb_healthy_panic)`,
        want: 'lb_healthy_panic unmoved: add hosts in steps that the healthy ones can carry',
        resource: resourceLabel(cluster),
      },
    ];
  });
  const touched = changedListeners(served.before, served.after);
  const replaced = [...after.listeners].reduce(
    (sum, [stat, value]) => sum + value - (before.listeners.get(stat) ?? 0),
    0,
  );
  if (replaced > touched.length) {
    const untouched = proposed.resources.find(({ kind, name }) => kind === 'listener' && !touched.includes(name));
    findings.push({
      ...scope,
      rule: 'rehearsal-listener-drained',
      at: untouched?.at ?? proposed.resources[0]?.at ?? { file: 'mesh.yaml', line: 1, column: 1 },
      saw: `Envoy replaced or removed ${replaced} listeners, while ${touched.length} change (${touched.join(', ') || 'none'})`,
      want: 'only listeners that change are drained',
    });
  }
  return findings;
}

/**
 * Whether a cluster has hosts at all, some of them not marked as down. One that has none counts each pick as one in panic mode, all
 * the time and through no change; a guard speaks of it.
 */
function hasHostsUp(snapshot: Snapshot, name: string): boolean {
  const cluster = snapshot.resources.find((resource) => resource.kind === 'cluster' && resource.name === name);
  const listed = cluster && hostsOf(snapshot, cluster);
  if (!listed) return false;
  return listed.kind === 'unlisted' || listed.hosts.some((host) => !isMarkedDown(host));
}

function changedListeners(before: readonly Resource[], after: readonly Resource[]): string[] {
  const later = new Map(
    after.filter(({ kind }) => kind === 'listener').map((resource) => [resource.name, canonicalJson(resource.body)]),
  );
  return before
    .filter(({ kind }) => kind === 'listener')
    .filter(({ name, body }) => later.get(name) !== canonicalJson(body))
    .map(({ name }) => name);
}
