import type { Finding } from '../finding.ts';
import type { JsonValue } from '../json.ts';
import { locationIn, type SourceFile } from '../source-location.ts';
import { readPlacedJson } from './json/read-placed-json.ts';
import { foreignImports } from './jsonnet/foreign-imports.ts';
import type { JsonnetEvaluator } from './jsonnet/jsonnet-evaluator.ts';
import { placeJsonnetResult } from './jsonnet/place-result.ts';
import { loadFinding, startOf } from './rules.ts';
import { readTextFile } from './text-file.ts';
import type { EnvoyReadings } from './yaml/envoy-readings.ts';
import { readYamlInSteps } from './yaml/read-placed-yaml.ts';

export type DataFile = {
  readonly documents: readonly JsonValue[];
  readonly findings: readonly Finding[];
  /** It has `${` or `$if` somewhere. */
  readonly dynamic: boolean;
  readonly bytes: number;
  /** What Envoy would read otherwise in this file; absent for JSON and Jsonnet, which have types of their own. */
  readonly readings?: EnvoyReadings;
};
export type ReadOptions = { readonly jsonnet: JsonnetEvaluator | undefined; readonly signal: AbortSignal | undefined };

const mayBeDynamic = (text: string): boolean => text.includes('${') || text.includes('$if');

/** Reads one YAML, JSON or Jsonnet file of the config directory into placed documents. */
export async function readDataFile(dir: string, path: string, options: ReadOptions): Promise<DataFile> {
  const file = await readTextFile(dir, path);
  if (file.kind === 'refused') return { documents: [], findings: [file.finding], dynamic: false, bytes: 0 };
  const { source, text, bytes } = file;
  if (path.endsWith('.jsonnet')) return { ...(await readJsonnet(dir, source, text, options)), bytes };
  const read = path.endsWith('.json')
    ? readPlacedJson(source, text)
    : await readYamlInSteps(source, text, options.signal);
  return { ...read, dynamic: mayBeDynamic(text), bytes };
}

async function readJsonnet(
  dir: string,
  source: SourceFile,
  text: string,
  options: ReadOptions,
): Promise<Omit<DataFile, 'bytes'>> {
  const refuse = (finding: Finding): Omit<DataFile, 'bytes'> => ({
    documents: [],
    findings: [finding],
    dynamic: false,
  });
  const { jsonnet, signal } = options;
  if (!jsonnet) {
    const want = 'the command `jsonnet` on the PATH, or pip, which can fetch it';
    return refuse(
      loadFinding('jsonnet-missing', startOf(source.path), 'a Jsonnet file and nothing to evaluate it', want),
    );
  }
  const foreign = await foreignImports(dir, source, text);
  if (foreign.length > 0) return { documents: [], findings: foreign, dynamic: false };
  const result = await jsonnet(source.path, { dir, ...(signal ? { signal } : {}) });
  if (result.kind === 'failed') {
    const rule = result.cause === 'limit' ? 'jsonnet-limit' : 'jsonnet-error';
    const want = result.cause === 'limit' ? 'Jsonnet that ends soon and small' : 'Jsonnet that evaluates to resources';
    return refuse(loadFinding(rule, result.at ?? startOf(source.path), result.message, want, result.via));
  }
  const read = readPlacedJson(source, result.json);
  if (read.findings.length > 0) {
    const saw = 'something other than JSON from the evaluator';
    return refuse(loadFinding('jsonnet-error', locationIn(source, 0), saw, 'one JSON value'));
  }
  return {
    documents: placeJsonnetResult(read.documents, source, text),
    findings: [],
    dynamic: mayBeDynamic(result.json),
  };
}
