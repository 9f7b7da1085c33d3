import type { JsonObject } from '../../render/json.ts';
import { objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import type { Rewriting } from './rewriting.ts';

/** Envoy's default; a cluster may say otherwise. */
const DEFAULT_MERGE_WINDOW_MS = 1_000;

const isChecked = (cluster: JsonObject): boolean => objectsAt(cluster, 'healthChecks').length > 0;

/**
 * How long Envoy gathers changes of health of this cluster's hosts before its workers go by them. 0: it does not.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto (CommonLbConfig.update_merge_window)
 */
export function mergeWindowMs(cluster: JsonObject | undefined, healthAtOnce: boolean): number {
  if (cluster && healthAtOnce && isChecked(cluster)) return 0;
  const written = textAt(cluster, 'commonLbConfig', 'updateMergeWindow');
  return written === undefined ? DEFAULT_MERGE_WINDOW_MS : Number.parseFloat(written) * 1_000;
}

/**
 * Has Envoy hand changes of health to its workers at once. Only for the Envoy that checks are asked of, and only for clusters with
 * health checks: a check that turns hosts waits until the change has reached the workers, and judges what comes then, so the window
 * is no part of what it proves, only of how long it waits. Never for a rehearsal: how long a change of hosts stays in a state that
 * hurts (new hosts not yet healthy: panic) depends on the window, and traffic sees a state only as long as it lasts.
 */
export function substituteMergeWindow(rewriting: Rewriting, cluster: JsonObject): void {
  if (!rewriting.options.healthAtOnce || !isChecked(cluster) || mergeWindowMs(cluster, false) === 0) return;
  const common = objectAt(cluster, 'commonLbConfig') ?? {};
  cluster.commonLbConfig = common;
  rewriting.set(common, 'updateMergeWindow', '0s', 'timing', {
    was: textAt(common, 'updateMergeWindow') ?? 'not set: 1s',
    became: '0s while checks are asked: changes of health are handed on at once (rehearsals run as written)',
  });
}
