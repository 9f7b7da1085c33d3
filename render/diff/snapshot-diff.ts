import { contentOf as contentOfGenerator } from '../generators/generator.ts';
import type { Digest, StageName } from '../ids.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Resource } from '../resource.ts';
import { canonicalJson, type Snapshot } from '../snapshot.ts';
import { diffValues } from './diff-values.ts';
import type { FieldChange } from './field-change.ts';

export type ResourceChange = {
  readonly before: Resource;
  readonly after: Resource;
  readonly fields: readonly FieldChange[];
};

/** What differs between two snapshots, in the order of the snapshot. */
export type SnapshotDiff = {
  readonly stage: StageName;
  readonly from: Digest;
  readonly to: Digest;
  readonly added: readonly Resource[];
  readonly removed: readonly Resource[];
  readonly changed: readonly ResourceChange[];
  readonly bootstrap: readonly FieldChange[];
  /** By generator: `apps.source.tag`. */
  readonly generators: readonly FieldChange[];
};

export const isEmptyDiff = (diff: SnapshotDiff): boolean =>
  diff.added.length + diff.removed.length + diff.changed.length + diff.bootstrap.length + diff.generators.length === 0;

/** Beside the body. Sources by what they ask, so that a changed one shows its changed fields. */
function discoveryOf({ discovery }: Resource): JsonObject {
  if (!discovery) return {};
  const sources = discovery.sources.map((source) => {
    const asked = source.kind === 'dns' ? source.name : source.kind === 'file' ? source.path : source.service;
    return [`${source.kind} ${asked}`, source as unknown as JsonObject] as const;
  });
  const isNamed = new Set(sources.map(([name]) => name)).size === sources.length;
  const rest = discovery as unknown as JsonObject;
  return { discovery: isNamed ? { ...rest, sources: Object.fromEntries(sources) } : rest };
}
const contentOf = ({ body, discovery }: Resource): JsonValue => [body, (discovery as unknown as JsonObject) ?? {}];

/** Templates by name, so that a changed one shows its changed fields. */
const generatorsOf = ({ generators = [] }: Snapshot): JsonObject =>
  Object.fromEntries(
    generators.map((generator) => {
      const templates = Object.fromEntries(generator.templates.map(({ name, body }) => [name, body]));
      return [generator.name, { ...contentOfGenerator(generator), templates }];
    }),
  );

const key = ({ kind, name }: Resource): string => `${kind} ${name}`;

/**
 * The semantic diff: what differs to Envoy. Comments, files, the order of keys and of lists that are sets do not; a list whose order
 * counts (routes, filters) tells what was moved.
 */
export function diffSnapshots(from: Snapshot, to: Snapshot): SnapshotDiff {
  const before = new Map(from.resources.map((resource) => [key(resource), resource]));
  const after = new Map(to.resources.map((resource) => [key(resource), resource]));
  const changed: ResourceChange[] = [];
  for (const resource of to.resources) {
    const earlier = before.get(key(resource));
    if (!earlier || earlier === resource || canonicalJson(contentOf(earlier)) === canonicalJson(contentOf(resource)))
      continue;
    const places = { before: earlier.at, after: resource.at };
    const fields = [
      ...diffValues(earlier.body, resource.body, places),
      ...diffValues(discoveryOf(earlier), discoveryOf(resource), places),
    ];
    if (fields.length > 0) changed.push({ before: earlier, after: resource, fields });
  }
  const place = { file: 'bootstrap.yaml', line: 1, column: 1 };
  return {
    stage: to.stage,
    from: from.digest,
    to: to.digest,
    added: to.resources.filter((resource) => !before.has(key(resource))),
    removed: from.resources.filter((resource) => !after.has(key(resource))),
    changed,
    generators: diffValues(generatorsOf(from), generatorsOf(to), {
      before: from.generators?.[0]?.at ?? { file: 'generators', line: 1, column: 1 },
      after: to.generators?.[0]?.at ?? { file: 'generators', line: 1, column: 1 },
    }),
    bootstrap: diffValues(from.bootstrap ?? {}, to.bootstrap ?? {}, { before: place, after: place }),
  };
}
