import type { JsonObject } from '../../render/json.ts';
import { isJsonObject } from '../../render/json.ts';
import { listAt, numberAt, objectAt, objectsAt, textAt, textsAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { DiscoveredHost } from '../discovery/discovered-host.ts';
import { panicThresholdOf } from './panic-threshold.ts';
import { DEFAULT_RAMP, type RampSettings } from './ramp-settings.ts';

/** Envoy's default of `update_merge_window`. */
const MERGE_WINDOW_MS = 1_000;
/** Beyond it there is no telling whether Envoys do what is expected of them, and an operator is asked. */
const LONGEST_SETTLE_MS = 600_000;
/** For a step to get to every Envoy. */
const DELIVERY_MS = 5_000;
const ENVOYS_DEFAULT_THRESHOLD = 50;

/** A duration of proto3 JSON (`1.5s`), in ms. */
export const durationMs = (body: JsonObject | undefined, field: string): number => {
  const seconds = Number.parseFloat(textAt(body, field) ?? '0');
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
};

/** How a cluster of `snapshot` is ramped: its panic threshold (the runtime's outweighs its own), its health checks, its subsets. */
export function rampSettingsOf(
  snapshot: Snapshot,
  cluster: Resource,
  given: Partial<RampSettings> & { readonly defaultPanicThresholdPercent?: number } = {},
): RampSettings {
  const { defaultPanicThresholdPercent = ENVOYS_DEFAULT_THRESHOLD, ...own } = given;
  const checks = objectsAt(cluster.body, 'healthChecks');
  const common = objectAt(cluster.body, 'commonLbConfig');
  const mergeMs =
    textAt(common, 'updateMergeWindow') === undefined ? MERGE_WINDOW_MS : durationMs(common, 'updateMergeWindow');
  // An Envoy asks a new host at once, and takes its first answer; one more round for an answer that got lost.
  const roundMs = Math.max(
    0,
    ...checks.map((check) => {
      const jitterMs = (durationMs(check, 'interval') * (numberAt(check, 'intervalJitterPercent') ?? 0)) / 100;
      const fields = ['initialJitter', 'interval', 'intervalJitter', 'timeout'];
      return fields.reduce((sum, field) => sum + durationMs(check, field), jitterMs);
    }),
  );
  const subsets = subsetsOf(cluster.body);
  return {
    ...DEFAULT_RAMP,
    healthChecked: checks.length > 0,
    rule: {
      ...DEFAULT_RAMP.rule,
      thresholdPercent: panicThresholdOf(snapshot, cluster, { defaultPanicThresholdPercent }),
    },
    settleMs: mergeMs + 500,
    settleUnseenMs: Math.min(LONGEST_SETTLE_MS, roundMs + mergeMs + DELIVERY_MS),
    patienceMs: Math.max(DEFAULT_RAMP.patienceMs, 2 * roundMs + mergeMs),
    groupsOf: (host) => subsets.flatMap((keys) => subsetOf(host, keys)),
    ...own,
  };
}

/** The keys by which a subset load balancer splits its hosts; each selector has panic modes of its own. */
const subsetsOf = (cluster: JsonObject): readonly (readonly string[])[] =>
  listAt(cluster, 'lbSubsetConfig', 'subsetSelectors')
    .filter(isJsonObject)
    .map((selector) => textsAt(selector, 'keys'));

function subsetOf({ metadata }: DiscoveredHost, keys: readonly string[]): string[] {
  const values = keys.map((key) => metadata[key]);
  if (values.length === 0 || values.some((value) => value === undefined)) return [];
  return [keys.map((key, at) => `${key}=${JSON.stringify(values[at])}`).join(',')];
}
