import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, type Scalar, type YAMLMap } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../render/json.ts';
import { locationOf, setPlace } from '../../../render/places.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES, type WrittenResource } from '../../../render/resource.ts';
import { type SourceFile, sourceFile } from '../../../render/source-location.ts';

export const CORPUS = join(import.meta.dirname, '../../../../shared/corpus');
export const corpusIsHere = existsSync(join(CORPUS, 'good/labels.csv'));

export type CorpusSet = { readonly written: readonly WrittenResource[]; readonly bootstrap: JsonObject | undefined };

/** Reads a set of the corpus with the place of every value. Throws on YAML that cannot be read. */
export function readCorpusSet(dir: string): CorpusSet {
  const written = RESOURCE_KINDS.flatMap((kind) => {
    const file = `${RESOURCE_TYPES[kind].folder}.yaml`;
    return readPlaced(dir, file).flatMap((list) =>
      (Array.isArray(list) ? list : [list]).filter(isJsonObject).map((body) => ({
        kind,
        body,
        at: locationOf(body) ?? { file, line: 1, column: 1 },
      })),
    );
  });
  const [bootstrap] = readPlaced(dir, 'bootstrap.yaml');
  return { written, bootstrap: isJsonObject(bootstrap) ? bootstrap : undefined };
}

function readPlaced(dir: string, name: string): JsonValue[] {
  const path = join(dir, name);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const file = sourceFile(name, text);
  return parseAllDocuments(text, { merge: true }).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
    return toJson(document.contents, file, resolve);
  });
}

function toJson(node: unknown, file: SourceFile, resolve: (node: unknown) => unknown): JsonValue {
  const real = resolve(node);
  if (isScalar(real)) return scalarOf(real);
  if (!isMap(real) && !isSeq(real)) return null;
  const offsetOf = (one: unknown): number => (one as Node | null)?.range?.[0] ?? 0;
  const keys = new Map<string, number>();
  const values = new Map<string, number>();
  const offset = offsetOf(real);
  if (isSeq(real)) {
    const list = real.items.map((item, index) => {
      values.set(String(index), offsetOf(item));
      return toJson(item, file, resolve);
    });
    return setPlace(list, { file, offset, keys, values, via: [] });
  }
  const result: JsonObject = {};
  for (const { key, value } of (real as YAMLMap).items) {
    const name = String(isScalar(key) ? key.value : key);
    keys.set(name, offsetOf(key));
    values.set(name, offsetOf(value));
    result[name] = toJson(value, file, resolve);
  }
  return setPlace(result, { file, offset, keys, values, via: [] });
}

const TRUE = /^(y|Y|yes|Yes|YES|on|On|ON)$/;
const FALSE = /^(n|N|no|No|NO|off|Off|OFF)$/;

/** Plain scalars as Envoy's own YAML reader takes them: the old words for true and false, and no number but whole ones. */
function scalarOf({ value, source = '', type }: Scalar): JsonValue {
  if (type !== 'PLAIN') return value as JsonValue;
  if (TRUE.test(source)) return true;
  if (FALSE.test(source)) return false;
  return typeof value === 'number' && !/^[-+]?\d+$/.test(source) ? source : (value as JsonValue);
}

/** The rows of a labels file; fields may be quoted. */
export function readLabels(path: string): readonly Readonly<Record<string, string>>[] {
  const rows = readCsv(readFileSync(path, 'utf8'));
  const [header = [], ...rest] = rows;
  return rest.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}

function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)) {
    const [, field = '', end = ''] = match;
    row.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end !== ',') {
      if (row.length > 1) rows.push(row);
      row = [];
    }
  }
  return rows;
}
