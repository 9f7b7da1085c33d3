import { newestApiSet } from '../../../render/api/api-set.ts';
import { canonicaliser } from '../../../render/api/canonicaliser.ts';
import type { StageName } from '../../../render/ids.ts';
import { isJsonObject, type JsonObject } from '../../../render/json.ts';
import { readPlacedYaml } from '../../../render/load/yaml/read-placed-yaml.ts';
import { locationOf } from '../../../render/places.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES, type ResourceKind } from '../../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';

/** YAML lists of resources by kind; each text is the file `clusters.yaml`, `routes.yaml`, … */
export type Texts = Partial<Record<ResourceKind, string>>;

/** A snapshot with the places of its texts, past every static guard: what a guard would refuse reaches Envoy here. */
export function placedSnapshot(texts: Texts, bootstrap?: JsonObject): Snapshot {
  const canonicalise = canonicaliser(newestApiSet());
  const resources = RESOURCE_KINDS.flatMap((kind) => {
    const file = `${RESOURCE_TYPES[kind].folder}.yaml`;
    const { documents, findings } = readPlacedYaml(file, texts[kind] ?? '');
    if (findings.length > 0) throw new Error(JSON.stringify(findings));
    const bodies = documents.flatMap((document) => (Array.isArray(document) ? document : [document]));
    return bodies.filter(isJsonObject).map((body) => {
      const at = locationOf(body) ?? { file, line: 1, column: 1 };
      const { resource, findings: faults } = canonicalise({ kind, body, at });
      if (!resource || faults.some(({ rule }) => rule === 'unknown-field')) throw new Error(JSON.stringify(faults));
      return resource;
    });
  });
  return makeSnapshot('beta' as StageName, resources, bootstrap);
}

/** Where `needle` stands in a text of `placedSnapshot`, as `file:line`. */
export function lineOf(texts: Texts, kind: ResourceKind, needle: string): string {
  const before = (texts[kind] ?? '').split(needle)[0] ?? '';
  return `${RESOURCE_TYPES[kind].folder}.yaml:${before.split('\n').length}`;
}
