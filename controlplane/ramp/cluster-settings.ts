import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { clustersWithHostsOf } from './clusters-with-hosts.ts';
import { panicThresholdOf } from './panic-threshold.ts';
import { DEFAULT_RAMP, type RampSettings } from './ramp-settings.ts';
import { strictestSettings } from './strictest-settings.ts';
import { subsetGroupings } from './subset-groupings.ts';

/** Envoy's default of `update_merge_window`. */
const MERGE_WINDOW_MS = 1_000;
/** Beyond it there is no telling whether Envoys do what is expected of them, and an operator is asked. */
const LONGEST_SETTLE_MS = 600_000;
/** For a step to get to every Envoy. */
const DELIVERY_MS = 5_000;
const ENVOYS_DEFAULT_THRESHOLD = 50;
/** Of `max_ejection_percent`. */
const ENVOYS_DEFAULT_EJECTION = 10;

/** A duration of proto3 JSON (`1.5s`), in ms. */
export const durationMs = (body: JsonObject | undefined, field: string): number => {
  const seconds = Number.parseFloat(textAt(body, field) ?? '0');
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
};

type Given = Partial<RampSettings> & { readonly defaultPanicThresholdPercent?: number };

/**
 * How a cluster of `snapshot` is ramped: its panic threshold (the runtime's outweighs its own), its health checks, its subsets. Of several
 * clusters that ask for the same endpoints the strictest counts: they all get the hosts.
 */
export const rampSettingsOf = (snapshot: Snapshot, cluster: Resource, given: Given = {}): RampSettings => ({
  ...clustersWithHostsOf(snapshot, cluster)
    .map((one) => settingsOfOne(snapshot, one, given.defaultPanicThresholdPercent))
    .reduce(strictestSettings),
  ...given,
});

function settingsOfOne(
  snapshot: Snapshot,
  cluster: Resource,
  defaultPanicThresholdPercent = ENVOYS_DEFAULT_THRESHOLD,
): RampSettings {
  const checks = objectsAt(cluster.body, 'healthChecks');
  const common = objectAt(cluster.body, 'commonLbConfig');
  const mergeMs =
    textAt(common, 'updateMergeWindow') === undefined ? MERGE_WINDOW_MS : durationMs(common, 'updateMergeWindow');
  const times = checks.map(checkTimes);
  const longest = (what: keyof CheckTimes): number => Math.max(0, ...times.map((one) => one[what]));
  const untilSeen = (ms: number): number => Math.min(LONGEST_SETTLE_MS, ms + mergeMs + DELIVERY_MS);
  const outliers = objectAt(cluster.body, 'outlierDetection');
  const groupings = subsetGroupings(cluster.body);
  return {
    ...DEFAULT_RAMP,
    healthChecked: checks.length > 0,
    rule: {
      ...DEFAULT_RAMP.rule,
      thresholdPercent: panicThresholdOf(snapshot, cluster, { defaultPanicThresholdPercent }),
    },
    ejectablePercent: outliers ? Math.min(100, numberAt(outliers, 'maxEjectionPercent') ?? ENVOYS_DEFAULT_EJECTION) : 0,
    settleMs: mergeMs + 500,
    settleUnseenMs: untilSeen(longest('healthyMs')),
    settleDownMs: untilSeen(longest('unhealthyMs')),
    patienceMs: Math.max(DEFAULT_RAMP.patienceMs, 2 * longest('roundMs') + mergeMs),
    groupsOf: (host) => [...new Set(groupings.flatMap((grouping) => grouping(host)))],
  };
}

type CheckTimes = { readonly roundMs: number; readonly healthyMs: number; readonly unhealthyMs: number };

/**
 * An Envoy asks a new host at once, and takes its first answer; after one that got lost, or of an old host, it takes as many answers as the
 * threshold says. Its intervals for clusters that never had a request are left out: nothing is picked from those.
 */
function checkTimes(check: JsonObject): CheckTimes {
  const ms = (field: string): number => durationMs(check, field);
  const oneMs = (intervalMs: number): number =>
    intervalMs +
    (intervalMs * (numberAt(check, 'intervalJitterPercent') ?? 0)) / 100 +
    ms('intervalJitter') +
    ms('timeout');
  const badMs = Math.max(ms('interval'), ms('unhealthyInterval'), ms('unhealthyEdgeInterval'));
  const goodMs = Math.max(ms('interval'), ms('healthyEdgeInterval'));
  const roundMs = ms('initialJitter') + oneMs(badMs);
  return {
    roundMs,
    healthyMs: ms('initialJitter') + (numberAt(check, 'healthyThreshold') ?? 1) * oneMs(badMs),
    unhealthyMs: ms('initialJitter') + (numberAt(check, 'unhealthyThreshold') ?? 1) * oneMs(goodMs),
  };
}
