import { isJsonObject } from '../../../render/json.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { readStats } from '../../admin/stats.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import { awaitOrLast } from './await-or-last.ts';

// Envoy's default; a cluster may say otherwise, and 0 hands on every change at once.
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto (CommonLbConfig.update_merge_window)
const DEFAULT_MERGE_WINDOW_MS = 1_000;
/** For the update to pass from Envoy's main thread to its workers. */
const HANDOVER_MS = 50;

function mergeWindowMs(snapshot: Snapshot, cluster: string): number {
  const common = resourcesOf(snapshot, 'cluster').find(({ name }) => name === cluster)?.body.commonLbConfig;
  const window = isJsonObject(common) ? common.updateMergeWindow : undefined;
  return typeof window === 'string' ? Number.parseFloat(window) * 1_000 : DEFAULT_MERGE_WINDOW_MS;
}

/** How many changes of hosts Envoy has handed to its workers one by one, without merging. */
export async function hostUpdates(cell: RunningCell): Promise<number> {
  const stats = await readStats(cell.adminUrl, '^cluster_manager\\.cluster_updated$', { signal: cell.signal });
  return stats.get('cluster_manager.cluster_updated') ?? 0;
}

/**
 * A host that the admin shows as failed is still used by the workers for as long as Envoy merges changes of health: the first is
 * handed on at once, those within the next second together at its end. Waits that long at most after `changes` hosts have changed
 * since `before`, less where each change was handed on by itself.
 */
export async function awaitHandover(
  cell: RunningCell,
  cluster: string,
  before: number,
  changes: number,
): Promise<void> {
  const deadlineMs = mergeWindowMs(cell.snapshot, cluster) + HANDOVER_MS;
  await awaitOrLast(
    () => hostUpdates(cell),
    (now) => now - before >= changes,
    deadlineMs,
    cell.signal,
  );
}
