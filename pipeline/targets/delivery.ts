import { deliveredDiscovery } from '../../render/discovery/delivered-discovery.ts';
import { deliveredGenerator } from '../../render/generators/delivered-generators.ts';
import type { Generator } from '../../render/generators/generator.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import { readPlacedJson } from '../../render/load/json/read-placed-json.ts';
import { locationOf } from '../../render/places.ts';
import {
  RESOURCE_KINDS,
  RESOURCE_TYPES,
  type Resource,
  type ResourceKind,
  resourceLabel,
} from '../../render/resource.ts';
import { makeSnapshot, resourcesOf } from '../../render/snapshot.ts';
import { formatLocation, sourceFile } from '../../render/source-location.ts';
import type { TargetVersion } from '../ids.ts';
import { jsonText } from './json-text.ts';
import { MANIFEST_FILE, manifestFrom } from './manifest.ts';
import type { Delivery, Held } from './target.ts';

/** By name, such as `clusters.json`. */
export type DeliveryFiles = ReadonlyMap<string, string>;

const BOOTSTRAP_FILE = 'bootstrap.json';
const DISCOVERY_FILE = 'discovery.json';
const GENERATORS_FILE = 'generators.json';
const fileOf = (kind: ResourceKind): string => `${RESOURCE_TYPES[kind].folder}.json`;

/** Every name that a delivery may have a file of. A target owns these in its place, and nothing else there. */
export const DELIVERY_FILES: readonly string[] = [
  MANIFEST_FILE,
  ...RESOURCE_KINDS.map(fileOf),
  DISCOVERY_FILE,
  GENERATORS_FILE,
  BOOTSTRAP_FILE,
];

/**
 * The files of a delivery. A resource type has a file if it has a resource: an object of canonical proto3 JSON bodies by resource
 * name, sorted, so that one changed field is one changed line. A type without resources has no file. Where the hosts of clusters come
 * from is no part of Envoy's resources, and has a file of its own by cluster; so have generators.
 */
export function filesOf({ manifest, snapshot }: Delivery): Map<string, string> {
  if (manifest.digest !== snapshot.digest)
    throw new Error(`${manifest.promotion}: the manifest is of another snapshot`);
  const files = new Map<string, string>([[MANIFEST_FILE, jsonText({ ...manifest, by: [...manifest.by] })]]);
  for (const kind of RESOURCE_KINDS) {
    const resources = resourcesOf(snapshot, kind);
    for (const resource of resources) refuseUnreadableName(resource);
    const bodies = Object.fromEntries(resources.map(({ name, body }) => [name, body]));
    if (resources.length > 0) files.set(fileOf(kind), jsonText(bodies));
  }
  const discoveries = resourcesOf(snapshot, 'cluster').flatMap(({ name, discovery }) =>
    discovery ? [[name, discovery as unknown as JsonValue] as const] : [],
  );
  if (discoveries.length > 0) files.set(DISCOVERY_FILE, jsonText(Object.fromEntries(discoveries)));
  if (snapshot.generators) files.set(GENERATORS_FILE, jsonText(generatorsText(snapshot.generators)));
  if (snapshot.bootstrap) files.set(BOOTSTRAP_FILE, jsonText(snapshot.bootstrap));
  return files;
}

const generatorsText = (generators: readonly Generator[]): JsonObject =>
  Object.fromEntries(generators.map((generator) => [generator.name, generator as unknown as JsonValue]));

// The readers of JSON in render/ refuse it as a key, so what was delivered could not be read back.
function refuseUnreadableName(resource: Resource): void {
  if (resource.name !== '__proto__') return;
  throw new Error(`${formatLocation(resource.at)}: ${resourceLabel(resource)} cannot be delivered; name it otherwise`);
}

/** What a target with these files holds. `files` has those of `DELIVERY_FILES` that are there. */
export function heldFromFiles(version: TargetVersion, files: DeliveryFiles): Held {
  if (files.size === 0) return { kind: 'empty', version };
  const problems: string[] = [];
  const resources = withDiscoveries(
    RESOURCE_KINDS.flatMap((kind) => readResources(kind, files.get(fileOf(kind)), problems)),
    files.get(DISCOVERY_FILE),
    problems,
  );
  const bootstrap = readFile(BOOTSTRAP_FILE, files.get(BOOTSTRAP_FILE), problems);
  const generators = readGenerators(files.get(GENERATORS_FILE), problems);
  const readable = problems.length === 0;
  const digest = readable ? makeSnapshot('' as StageName, resources, bootstrap, generators).digest : undefined;

  const text = files.get(MANIFEST_FILE);
  if (text === undefined) return foreign(version, digest, [`there is no ${MANIFEST_FILE}`, ...problems]);
  const written = readFile(MANIFEST_FILE, text, problems);
  if (!written || !readable) return foreign(version, digest, problems);
  const read = manifestFrom(written);
  if ('problem' in read) return foreign(version, digest, [read.problem]);
  const { manifest } = read;
  const snapshot = makeSnapshot(manifest.stage, resources, bootstrap, generators);
  if (snapshot.digest !== manifest.digest) {
    const [says, is] = [manifest.digest, snapshot.digest].map((whole) => whole.slice(0, 12));
    return foreign(version, digest, [`${MANIFEST_FILE} says digest ${says}, and the files beside it have ${is}`]);
  }
  return { kind: 'delivery', version, delivery: { manifest, snapshot } };
}

function foreign(version: TargetVersion, digest: Digest | undefined, problems: readonly string[]): Held {
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
  return { kind: 'foreign', version, problem: problems.slice(0, 3).join('; ') + more, digest };
}

function readFile(name: string, text: string | undefined, problems: string[]): JsonObject | undefined {
  if (text === undefined) return undefined;
  const { documents, findings } = readPlacedJson(sourceFile(name, text), text);
  for (const { at, saw, want } of findings) problems.push(`${formatLocation(at)} has ${saw}; want ${want}`);
  const [value] = documents;
  if (findings.length > 0) return undefined;
  if (isJsonObject(value)) return value;
  problems.push(`${name} does not hold a JSON object`);
  return undefined;
}

function readResources(kind: ResourceKind, text: string | undefined, problems: string[]): Resource[] {
  const file = fileOf(kind);
  const { nameField } = RESOURCE_TYPES[kind];
  return Object.entries(readFile(file, text, problems) ?? {}).flatMap(([name, body]: [string, JsonValue]) => {
    if (!isJsonObject(body)) problems.push(`${file}: "${name}" is not a resource`);
    else if (body[nameField] !== name) problems.push(`${file}: the body of "${name}" has another ${nameField}`);
    else return [{ kind, name, body, at: locationOf(body) ?? { file, line: 1, column: 1 } }];
    return [];
  });
}

function withDiscoveries(resources: readonly Resource[], text: string | undefined, problems: string[]): Resource[] {
  const written = new Map(Object.entries(readFile(DISCOVERY_FILE, text, problems) ?? {}));
  const all = resources.map((resource): Resource => {
    const value = resource.kind === 'cluster' ? written.get(resource.name) : undefined;
    if (value === undefined) return resource;
    written.delete(resource.name);
    const discovery = deliveredDiscovery(value);
    if (discovery) return { ...resource, discovery };
    problems.push(`${DISCOVERY_FILE}: that of "${resource.name}" is none that this Meshgate knows`);
    return resource;
  });
  for (const name of written.keys()) problems.push(`${DISCOVERY_FILE}: there is no cluster "${name}"`);
  return all;
}

const readGenerators = (text: string | undefined, problems: string[]): readonly Generator[] =>
  Object.entries(readFile(GENERATORS_FILE, text, problems) ?? {}).flatMap(([name, value]) => {
    const generator = deliveredGenerator(value);
    if (generator?.name === name) return [generator];
    problems.push(`${GENERATORS_FILE}: "${name}" is none that this Meshgate knows`);
    return [];
  });

/** The same files from a store that keeps values and not text: written anew, as `filesOf` would. */
export const filesFromValues = (values: ReadonlyMap<string, JsonValue>): Map<string, string> =>
  new Map([...values].map(([name, value]) => [name, jsonText(value)]));
