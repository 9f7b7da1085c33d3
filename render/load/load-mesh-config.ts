import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { MeshConfig } from '../config/mesh-config.ts';
import { defaultMeshConfig, parseMeshConfig } from '../config/parse-mesh-config.ts';
import type { Finding } from '../finding.ts';
import { generatorFinding } from '../generators/rules.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { wantOneOf } from '../nearest-names.ts';
import { locationOf } from '../places.ts';
import { type ConfigFile, listConfigFiles } from './config-files.ts';
import { describeValue } from './describe.ts';
import { COMMON_VALUES } from './expressions/stage-values.ts';
import type { JsonnetEvaluator } from './jsonnet/jsonnet-evaluator.ts';
import { MAX_TOTAL_BYTES } from './limits.ts';
import type { Loaded, LoadedBootstrap, LoadedGenerator, LoadedItem } from './loaded.ts';
import { type DataFile, readDataFile } from './read-data-file.ts';
import { resourceBodies } from './resource-bodies.ts';
import { loadFinding, startOf } from './rules.ts';
import { readTemplate } from './templates/read-template.ts';
import type { Template } from './templates/template.ts';
import { EnvoyReadings } from './yaml/envoy-readings.ts';

export type LoadOptions = {
  /** The Envoy versions of stages that name none. */
  readonly defaultEnvoyVersions: readonly string[];
  /** Absent: a Jsonnet file is a finding. */
  readonly jsonnet?: JsonnetEvaluator;
  readonly signal?: AbortSignal;
};
export type LoadedMeshConfig = {
  /** Undefined when `mesh.yaml` has errors, or `dir` cannot be read. */
  readonly config: MeshConfig | undefined;
  readonly loaded: Loaded;
  readonly findings: readonly Finding[];
};

/**
 * Reads a mesh config directory: every file once, for all stages. What is wrong comes back as findings, all at once, and what could be
 * read comes back beside them. Rejects only when `signal` is aborted or Meshgate itself is at fault.
 */
export async function loadMeshConfig(dir: string, options: LoadOptions): Promise<LoadedMeshConfig> {
  const root = await realpath(dir).catch(() => resolve(dir));
  const { files, findings } = await listConfigFiles(dir);
  const missing = findings.some((finding) => finding.rule === 'config-not-found');
  const collection = new Collection(root, findings);
  const meshDocuments: { file: string; data: DataFile }[] = [];
  let bytes = 0;
  for await (const { file, data } of readInOrder(root, files, options)) {
    options.signal?.throwIfAborted();
    bytes += data.bytes;
    findings.push(...data.findings);
    if (file.role.kind === 'mesh') meshDocuments.push({ file: file.path, data });
    else collection.add(file, data);
    if (bytes > MAX_TOTAL_BYTES) {
      const want = `at most ${MAX_TOTAL_BYTES / 1024 / 1024} MiB in all files together`;
      findings.push(loadFinding('file-too-large', startOf(file.path), 'more than that', want));
      break;
    }
  }
  const config = missing ? undefined : meshConfigOf(root, meshDocuments, options, findings);
  if (config) findings.push(...unknownStages(files, config));
  return { config, loaded: collection.loaded(), findings };
}

/** Jsonnet runs in processes of its own, so a few files are read ahead; the results keep the order of the files. */
async function* readInOrder(
  dir: string,
  files: readonly ConfigFile[],
  options: LoadOptions,
): AsyncGenerator<{ file: ConfigFile; data: DataFile }> {
  const ahead = 2;
  const started: { file: ConfigFile; data: Promise<DataFile> }[] = [];
  const read = { jsonnet: options.jsonnet, signal: options.signal };
  for (const file of files) {
    const data = readDataFile(dir, file.path, read);
    // its rejection is seen when its turn comes
    data.catch(() => undefined);
    started.push({ file, data });
    if (started.length <= ahead) continue;
    const next = started.shift();
    if (next) yield { file: next.file, data: await next.data };
  }
  for (const { file, data } of started) yield { file, data: await data };
}

function meshConfigOf(
  dir: string,
  documents: readonly { file: string; data: DataFile }[],
  options: LoadOptions,
  findings: Finding[],
): MeshConfig | undefined {
  const [first, ...more] = documents;
  if (!first) return defaultMeshConfig(dir, options.defaultEnvoyVersions);
  for (const { file } of more)
    findings.push(loadFinding('not-a-mapping', startOf(file), `a second mesh file beside ${first.file}`, 'one'));
  if (first.data.findings.length > 0 || more.length > 0) return undefined;
  const body = singleMapping(first.file, first.data.documents, findings);
  if (!body) return undefined;
  const parsed = parseMeshConfig(dir, first.file, body, options.defaultEnvoyVersions);
  findings.push(...parsed.findings);
  return parsed.config;
}

function unknownStages(files: readonly ConfigFile[], config: MeshConfig): Finding[] {
  const known = config.stages.map((stage) => stage.name as string);
  const seen = new Set<string>();
  return files.flatMap(({ path, role }) => {
    const stage = role.kind === 'template' || role.kind === 'mesh' ? undefined : role.stage;
    if (stage === undefined || known.includes(stage) || (role.kind === 'values' && stage === COMMON_VALUES)) return [];
    const key = `${role.kind} ${stage}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [
      loadFinding(
        'unknown-stage',
        startOf(path),
        `the stage ${JSON.stringify(stage)}`,
        wantOneOf('a stage of mesh.yaml', stage, known),
      ),
    ];
  });
}

function singleMapping(file: string, documents: readonly JsonValue[], findings: Finding[]): JsonObject | undefined {
  const [document, second] = documents;
  if (documents.length === 1 && isJsonObject(document)) return document;
  const extra = typeof second === 'object' && second !== null ? locationOf(second) : undefined;
  const saw = documents.length > 1 ? `${documents.length} documents` : describeValue(document);
  findings.push(loadFinding('not-a-mapping', extra ?? startOf(file), saw, 'one mapping'));
  return undefined;
}

class Collection {
  readonly #dir: string;
  readonly #findings: Finding[];
  readonly #items: LoadedItem[] = [];
  readonly #bootstraps: LoadedBootstrap[] = [];
  readonly #generators: LoadedGenerator[] = [];
  readonly #templates = new Map<string, Template>();
  readonly #values = new Map<string, JsonObject>();

  constructor(dir: string, findings: Finding[]) {
    this.#dir = dir;
    this.#findings = findings;
  }

  loaded(): Loaded {
    return {
      dir: this.#dir,
      items: this.#items,
      bootstraps: this.#bootstraps,
      generators: this.#generators,
      templates: this.#templates,
      values: this.#values,
    };
  }

  add({ path, role }: ConfigFile, { documents, dynamic, findings, readings = new EnvoyReadings() }: DataFile): void {
    // nothing was to be had of it, and that has been said
    if (documents.length === 0 && findings.length > 0) return;
    switch (role.kind) {
      case 'resources': {
        const stage = role.stage === undefined ? {} : { stage: role.stage };
        for (const body of resourceBodies(path, role.of, documents, this.#findings, readings)) {
          this.#items.push({ kind: role.of, body, dynamic, ...stage });
        }
        return;
      }
      case 'bootstrap': {
        if (documents.length === 0) return;
        const body = singleMapping(path, documents, this.#findings);
        const stage = role.stage === undefined ? {} : { stage: role.stage };
        const first = this.#bootstraps.find((other) => other.stage === role.stage);
        if (body && first)
          this.#findings.push(loadFinding('not-a-mapping', startOf(path), 'a second bootstrap', 'one for a stage'));
        else if (body) this.#bootstraps.push({ body: readings.applyTo(body), dynamic, ...stage });
        return;
      }
      case 'values': {
        if (documents.length === 0) return;
        const body = singleMapping(path, documents, this.#findings);
        if (body && this.#values.has(role.stage)) {
          this.#findings.push(
            loadFinding('not-a-mapping', startOf(path), `a second file of values for ${role.stage}`, 'one for a stage'),
          );
        } else if (body) this.#values.set(role.stage, body);
        return;
      }
      case 'template':
        for (const document of documents) this.#addTemplate(path, document, readings);
        return;
      case 'generator':
        for (const document of documents) this.#addGenerator(path, document, role.stage);
        return;
      case 'mesh':
        return;
      default:
        role satisfies never;
    }
  }

  #addGenerator(file: string, document: JsonValue, stage: string | undefined): void {
    if (isJsonObject(document))
      this.#generators.push({ file, body: document, ...(stage === undefined ? {} : { stage }) });
    else {
      const want = 'a mapping: source, template and with';
      this.#findings.push(generatorFinding('bad-generator', startOf(file), describeValue(document), want));
    }
  }

  #addTemplate(path: string, document: JsonValue, readings: EnvoyReadings): void {
    if (!isJsonObject(document)) {
      this.#findings.push(
        loadFinding('bad-template', startOf(path), describeValue(document), 'a mapping: parameters and resources'),
      );
      return;
    }
    const { template, findings } = readTemplate(path, document, readings);
    this.#findings.push(...findings);
    if (!template) return;
    const other = this.#templates.get(template.name);
    if (!other) this.#templates.set(template.name, template);
    else {
      const at = locationOf(document) ?? startOf(path);
      const first = locationOf(other.body);
      const saw = `template ${template.name}${first ? ` again, after ${first.file}:${first.line}` : ''}`;
      this.#findings.push(loadFinding('duplicate-template', at, saw, 'each name once'));
    }
  }
}
