import type { GuardSettings } from '../../render/config/mesh-config.ts';
import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';

const RUNTIME_KEY = 'upstream.healthy_panic_threshold';

/** A number at a dotted runtime key, written as one key, as nested mappings, or as a mix of both. */
function runtimeNumber(layer: JsonObject, key: string): number | undefined {
  const direct = numberAt(layer, key);
  if (direct !== undefined) return direct;
  for (let dot = key.indexOf('.'); dot !== -1; dot = key.indexOf('.', dot + 1)) {
    const inner = objectAt(layer, key.slice(0, dot));
    const found = inner && runtimeNumber(inner, key.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

const ofRuntime = new WeakMap<Snapshot, { readonly percent: number | undefined }>();

/** What the runtime says, for all clusters. A later layer hides an earlier one; their order is that of the snapshot. */
function runtimeThreshold(snapshot: Snapshot): number | undefined {
  const known = ofRuntime.get(snapshot);
  if (known) return known.percent;
  const percent = resourcesOf(snapshot, 'runtime')
    .map(({ body }) => runtimeNumber(objectAt(body, 'layer') ?? {}, RUNTIME_KEY))
    .findLast((value) => value !== undefined);
  ofRuntime.set(snapshot, { percent });
  return percent;
}

/** The threshold that Envoy uses, in whole percent: the runtime's, else the cluster's (rounded, as Envoy does), else the default. */
export function panicThresholdOf(
  snapshot: Snapshot,
  cluster: Resource,
  settings: Pick<GuardSettings, 'defaultPanicThresholdPercent'>,
): number {
  const runtime = runtimeThreshold(snapshot);
  if (runtime !== undefined) return Math.min(100, Math.max(0, Math.trunc(runtime)));
  const own = objectAt(objectAt(cluster.body, 'commonLbConfig'), 'healthyPanicThreshold');
  return own ? Math.round(numberAt(own, 'value') ?? 0) : settings.defaultPanicThresholdPercent;
}
