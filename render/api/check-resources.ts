import type { EnvoyVersion } from '../ids.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { locationOf } from '../places.ts';
import { RESOURCE_TYPES, type WrittenResource } from '../resource.ts';
import type { SourceLocation } from '../source-location.ts';
import { apiMinorFor, apiSetOf, minorOf, newestApiSet } from './api-set.ts';
import { type ApiFinding, checkMessage } from './check-message.ts';
import { mergeByVersion } from './merge-findings.ts';
import { type NewestWalk, newestWalk, walkNewest } from './newest-walk.ts';
import { labelOf } from './resource-label.ts';

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
  const targets = versions.map((version) => ({ version, ...apiMinorFor(version) }));
  const allowedFields = retiredFieldsAllowedBy(bootstrap);
  const findings: ApiFinding[] = [];
  const check = ({ message, body, at, resource }: Subject, first: NewestWalk): void => {
    const options = { at, allowedFields, ...(resource === undefined ? {} : { resource }) };
    const unknown = first.findings.some(({ rule }) => NAMES_UNKNOWN_TO_NEWEST.has(rule));
    const byMinor = new Map<string, readonly ApiFinding[]>([[newest.minor, first.findings]]);
    const findingsOf = (minor: string): readonly ApiFinding[] => {
      const known = byMinor.get(minor);
      if (known) return known;
      const isAlike = !unknown && !first.differing.has(minor);
      const found = isAlike ? first.findings : checkMessage(apiSetOf(minor), message, body, options).findings;
      byMinor.set(minor, found);
      return found;
    };
    const results = targets.map(({ version, minor, exact }) => ({
      version,
      findings: findingsOf(minor).map((finding) => (exact ? finding : withOwnSetAdvice(finding, version, minor))),
    }));
    if (results.some((result) => result.findings.length > 0)) findings.push(...mergeByVersion(results));
  };
  for (const resource of written) {
    const subject = {
      message: RESOURCE_TYPES[resource.kind].message,
      body: resource.body,
      at: resource.at,
      resource: labelOf(resource),
    };
    const { message, body, ...where } = subject;
    const isKept = allowedFields.size === 0;
    check(subject, isKept ? newestWalk(resource) : walkNewest(message, body, { ...where, allowedFields }));
  }
  if (bootstrap) {
    const at = locationOf(bootstrap) ?? { file: 'bootstrap.yaml', line: 1, column: 1 };
    const first = walkNewest(BOOTSTRAP, bootstrap, { at, allowedFields });
    check({ message: BOOTSTRAP, body: bootstrap, at }, first);
  }
  return findings;
}

const ABOUT_WHAT_IS_KNOWN = new Set(['unknown-field', 'unknown-type', 'unknown-enum-value', 'unknown-extension']);

function withOwnSetAdvice(finding: ApiFinding, version: string, minor: string): ApiFinding {
  if (!ABOUT_WHAT_IS_KNOWN.has(finding.rule)) return finding;
  const command = `node tools/descriptors/build.ts ${minorOf(version)}`;
  const advice = `checked with the API of Envoy ${minor}, the nearest one here; to add that of ${minorOf(version)}: ${command}`;
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
