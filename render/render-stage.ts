import { withDiscovery } from './discovery/read-discovery.ts';
import type { Finding } from './finding.ts';
import type { Generator } from './generators/generator.ts';
import { readGenerators } from './generators/read-generators.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { describeValue } from './load/describe.ts';
import { ABSENT, type Scope } from './load/expressions/scope.ts';
import { stageValues } from './load/expressions/stage-values.ts';
import { Expansion, Substitution, TooMuchExpanded } from './load/expressions/substitute.ts';
import type { Loaded, LoadedItem } from './load/loaded.ts';
import { loadFinding, startOf } from './load/rules.ts';
import { type Instances, Instantiation, isTemplateUse } from './load/templates/instantiate.ts';
import { addVirtualHosts } from './load/templates/virtual-hosts.ts';
import { locationOf, placeOf, setPlace, valueLocation, viaOf } from './places.ts';
import { RESOURCE_TYPES, type ResourceKind, type WrittenResource } from './resource.ts';

export type RenderedStage = {
  /** Each with a name, and no two of one kind and name. */
  readonly resources: readonly WrittenResource[];
  readonly bootstrap?: JsonObject;
  /** Absent where there is none. */
  readonly generators?: readonly Generator[];
  readonly findings: readonly Finding[];
};

/** The resources of one stage as they are written once templates, values and the stage's overlay have had their say. */
export function renderStage(loaded: Loaded, stage: string): RenderedStage {
  const expansion = new Expansion();
  const { findings } = expansion;
  const resources: WrittenResource[] = [];
  let bootstrap: JsonObject | undefined;
  let generators: readonly Generator[] = [];
  try {
    const scope: Scope = { stage, values: stageValues(loaded.values, stage, expansion) };
    const shared = expand(
      loaded,
      loaded.items.filter((item) => item.stage === undefined),
      scope,
      expansion,
    );
    const overlay = expand(
      loaded,
      loaded.items.filter((item) => item.stage === stage),
      scope,
      expansion,
    );
    const named = overlaid(uniquelyNamed(shared.resources, findings), uniquelyNamed(overlay.resources, findings));
    addVirtualHosts(named, [...shared.virtualHosts, ...overlay.virtualHosts], findings);
    resources.push(...[...named.values()].map((written) => withDiscovery(written, findings)));
    bootstrap = bootstrapOf(loaded, scope, expansion);
    generators = readGenerators(loaded, scope, expansion);
  } catch (error) {
    if (!(error instanceof TooMuchExpanded)) throw error;
  }
  const labelled = findings.map((finding): Finding => ({ ...finding, stage }));
  return {
    resources,
    ...(bootstrap ? { bootstrap } : {}),
    ...(generators.length > 0 ? { generators } : {}),
    findings: labelled,
  };
}

function expand(loaded: Loaded, items: readonly LoadedItem[], scope: Scope, expansion: Expansion): Instances {
  const instantiation = new Instantiation(loaded.templates, expansion);
  const substitution = new Substitution(scope, [], expansion);
  for (const { kind, body, dynamic } of items) {
    if (isTemplateUse(body)) instantiation.use(body, scope);
    else if (!dynamic) instantiation.instances.resources.push({ kind, body });
    else {
      const copied = substitution.object(body);
      if (copied !== ABSENT) instantiation.instances.resources.push({ kind, body: copied });
    }
  }
  return instantiation.instances;
}

type Named = Map<string, WrittenResource>;

/** What an unnamed listener is called: see `uniquelyNamed`. */
const UNNAMED_LISTENER = 'unnamed-listener';

/**
 * Envoy takes one listener without a name over xDS, and makes up a new one each time it is sent; it refuses a second as a duplicate.
 * So the one gets a name that stays, with a warning, and several are refused as Envoy would.
 */
function uniquelyNamed(resources: Instances['resources'], findings: Finding[]): Named {
  const named: Named = new Map();
  const unnamedListeners = resources.filter(({ kind, body }) => kind === 'listener' && isUnnamed(body.name)).length;
  for (const { kind, body: written } of resources) {
    const at = locationOf(written) ?? startOf(RESOURCE_TYPES[kind].folder);
    const isTheUnnamed = kind === 'listener' && unnamedListeners === 1 && isUnnamed(written.name);
    const body = isTheUnnamed ? withPlaceOf(written, { ...written, name: UNNAMED_LISTENER }) : written;
    if (isTheUnnamed) {
      const want = `a name: it is called ${UNNAMED_LISTENER} for now, and a second listener without one is refused`;
      findings.push(loadFinding('unnamed-listener', at, 'a listener without name', want, viaOf(written)));
    }
    const { field, name } = nameOf(kind, body);
    if (typeof name !== 'string' || name === '') {
      const where = name === undefined ? at : (valueLocation(body, field) ?? at);
      const saw = name === undefined ? `a ${kind} without ${field}` : describeValue(name);
      findings.push(
        loadFinding('missing-name', where, saw, `${field}: the name that xDS knows the ${kind} by`, viaOf(body)),
      );
      continue;
    }
    const key = `${kind} ${name}`;
    const first = named.get(key);
    if (first) {
      const where = valueLocation(body, field) ?? at;
      const saw = `${kind} ${name} again, after ${first.at.file}:${first.at.line}`;
      const want = 'each name once in its kind; stages/<stage>/ may replace it for one stage';
      findings.push({ ...loadFinding('duplicate-resource', where, saw, want, viaOf(body)), resource: key });
    } else named.set(key, { kind, body, at });
  }
  return named;
}

const isUnnamed = (name: JsonValue | undefined): boolean => name === undefined || name === null || name === '';

function withPlaceOf(from: JsonObject, body: JsonObject): JsonObject {
  const place = placeOf(from);
  return place ? setPlace(body, place) : body;
}

/** Both spellings of protobuf's JSON are taken. */
export function nameOf(
  kind: ResourceKind,
  body: JsonObject,
): { readonly field: string; readonly name: JsonValue | undefined } {
  if (kind !== 'endpoint') return { field: 'name', name: body.name };
  return 'clusterName' in body
    ? { field: 'clusterName', name: body.clusterName }
    : { field: 'cluster_name', name: body.cluster_name };
}

/** A replaced resource stays where it was in the order; added ones follow. */
const overlaid = (shared: Named, overlay: Named): Named => new Map([...shared, ...overlay]);

function bootstrapOf(loaded: Loaded, scope: Scope, expansion: Expansion): JsonObject | undefined {
  const own =
    loaded.bootstraps.find(({ stage }) => stage === scope.stage) ??
    loaded.bootstraps.find(({ stage }) => stage === undefined);
  if (!own?.dynamic) return own?.body;
  const copied = new Substitution(scope, [], expansion).object(own.body);
  return isJsonObject(copied) ? copied : undefined;
}
