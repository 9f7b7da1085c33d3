import type { EnvoyVersion } from '../ids.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { locationOf } from '../places.ts';
import { RESOURCE_TYPES, type WrittenResource } from '../resource.ts';
import type { SourceLocation } from '../source-location.ts';
import { type ApiSet, apiSetFor, minorOf, newestApiSet } from './api-set.ts';
import { labelOf } from './canonicaliser.ts';
import { type ApiFinding, checkMessage } from './check-message.ts';
import { mergeByVersion } from './merge-findings.ts';
import { setDifferences } from './set-differences.ts';

const BOOTSTRAP = 'envoy.config.bootstrap.v3.Bootstrap';
/** What these say may differ between sets even where nothing that the newest one knows does. */
const NAMES_UNKNOWN_TO_NEWEST = new Set(['unknown-field', 'unknown-type', 'unknown-enum-value', 'nested-typed-config']);

type Subject = {
  readonly message: string;
  readonly body: JsonObject;
  readonly at: SourceLocation;
  readonly resource?: string;
};

/**
 * Checks every resource, and the piece of bootstrap, for every Envoy version of a stage. A finding that does not hold for all of
 * `versions` names those that it holds for. Each resource is walked once by the newest API, and again only by those sets that
 * differ in something that the resource uses, so five versions cost little more than one.
 */
export function checkResources(
  written: readonly WrittenResource[],
  bootstrap: JsonObject | undefined,
  versions: readonly EnvoyVersion[],
): readonly ApiFinding[] {
  const newest = newestApiSet();
  const targets = versions.map((version) => ({ version, ...apiSetFor(version) }));
  const others = [...new Set(targets.map(({ set }) => set).filter((set) => set !== newest))];
  const differences = setDifferences(newest, others);
  const allowedFields = retiredFieldsAllowedBy(bootstrap);
  const findings: ApiFinding[] = [];
  const check = ({ message, body, at, resource }: Subject): void => {
    const options = { at, allowedFields, ...(resource === undefined ? {} : { resource }) };
    const first = checkMessage(newest, message, body, options, differences.witness).findings;
    const differing = differences.take();
    const unknown = first.some(({ rule }) => NAMES_UNKNOWN_TO_NEWEST.has(rule));
    if (first.length === 0 && differing.size === 0) return;
    const bySet = new Map<ApiSet, readonly ApiFinding[]>([[newest, first]]);
    for (const [index, set] of others.entries())
      bySet.set(set, unknown || differing.has(index) ? checkMessage(set, message, body, options).findings : first);
    const results = targets.map(({ version, set, exact }) => ({
      version,
      findings: (bySet.get(set) ?? []).map((finding) => (exact ? finding : withOwnSetAdvice(finding, version, set))),
    }));
    findings.push(...mergeByVersion(results));
  };
  for (const resource of written)
    check({
      message: RESOURCE_TYPES[resource.kind].message,
      body: resource.body,
      at: resource.at,
      resource: labelOf(resource),
    });
  if (bootstrap)
    check({
      message: BOOTSTRAP,
      body: bootstrap,
      at: locationOf(bootstrap) ?? { file: 'bootstrap.yaml', line: 1, column: 1 },
    });
  return findings;
}

const ABOUT_WHAT_IS_KNOWN = new Set(['unknown-field', 'unknown-type', 'unknown-enum-value', 'unknown-extension']);

function withOwnSetAdvice(finding: ApiFinding, version: string, set: ApiSet): ApiFinding {
  if (!ABOUT_WHAT_IS_KNOWN.has(finding.rule)) return finding;
  const command = `node tools/descriptors/build.ts ${minorOf(version)}`;
  const advice = `checked with the API of Envoy ${set.minor}, the nearest one here; to add that of ${minorOf(version)}: ${command}`;
  return { ...finding, want: `${finding.want} (${advice})` };
}

const FEATURE_KEY = 'envoy.deprecated_features:';

/** Retired fields that the static runtime layers of the bootstrap switch on, by full name. */
function retiredFieldsAllowedBy(bootstrap: JsonObject | undefined): ReadonlySet<string> {
  const allowed = new Set<string>();
  const runtime = bootstrap?.layered_runtime ?? bootstrap?.layeredRuntime;
  const layers = isJsonObject(runtime) && Array.isArray(runtime.layers) ? runtime.layers : [];
  for (const layer of layers) {
    const values = isJsonObject(layer) ? (layer.static_layer ?? layer.staticLayer) : undefined;
    if (!isJsonObject(values)) continue;
    for (const [key, value] of Object.entries(values))
      if (key.startsWith(FEATURE_KEY) && (value === true || value === 'true'))
        allowed.add(key.slice(FEATURE_KEY.length));
  }
  return allowed;
}
