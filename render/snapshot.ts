import { createHash } from 'node:crypto';
import { contentOf, type Generator } from './generators/generator.ts';
import type { Digest, StageName } from './ids.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { RESOURCE_KINDS, type Resource, type ResourceKind } from './resource.ts';

/** All xDS resources of one stage, rendered from one revision; immutable; named by its content. */
export type Snapshot = {
  readonly kind: 'snapshot';
  readonly stage: StageName;
  readonly digest: Digest;
  /** Sorted by kind (in the order of `RESOURCE_KINDS`), then by name. */
  readonly resources: readonly Resource[];
  /** The piece of Envoy bootstrap that the resources need (`bootstrap.yaml`), canonical proto3 JSON; absent where there is none. */
  readonly bootstrap?: JsonObject;
  /** Sorted by name; what the control plane instantiates while it serves. Absent where there is none. */
  readonly generators?: readonly Generator[];
};

/** JSON with sorted keys and no white space: same content, same bytes, on any machine. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/**
 * Sorts and names the resources. The stage's name is not content: two stages that render the same resources have the same digest.
 * Callers have refused duplicate names and undecodable bodies before.
 */
export function makeSnapshot(
  stage: StageName,
  resources: readonly Resource[],
  bootstrap?: JsonObject,
  generators: readonly Generator[] = [],
): Snapshot {
  const sorted = sortedResources(resources);
  const byName = generators.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash('sha256');
  for (const { kind, name, body, discovery } of sorted) {
    hash.update(`${kind} ${canonicalJson(body)}\n`);
    if (discovery) hash.update(`discovery ${canonicalJson([name, discovery as unknown as JsonObject])}\n`);
  }
  if (bootstrap) hash.update(`bootstrap ${canonicalJson(bootstrap)}\n`);
  for (const generator of byName) hash.update(`generator ${canonicalJson(contentOf(generator))}\n`);
  const digest = hash.digest('hex') as Digest;
  return {
    kind: 'snapshot',
    stage,
    digest,
    resources: sorted,
    ...(bootstrap ? { bootstrap } : {}),
    ...(byName.length > 0 ? { generators: byName } : {}),
  };
}

const ORDER = new Map(RESOURCE_KINDS.map((kind, index) => [kind, index]));

/** By kind, in the order of `RESOURCE_KINDS`, then by name. */
export const sortedResources = (resources: readonly Resource[]): readonly Resource[] =>
  resources.toSorted(
    (a, b) => (ORDER.get(a.kind) ?? 0) - (ORDER.get(b.kind) ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );

export const resourcesOf = (snapshot: Snapshot, kind: ResourceKind): readonly Resource[] =>
  snapshot.resources.filter((resource) => resource.kind === kind);
