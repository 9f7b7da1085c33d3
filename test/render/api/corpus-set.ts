import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderFinding } from '../../../render/finding.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../render/json.ts';
import { readYamlSource } from '../../../render/load/yaml/read-placed-yaml.ts';
import { locationOf } from '../../../render/places.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES, type WrittenResource } from '../../../render/resource.ts';
import { sourceFile } from '../../../render/source-location.ts';

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
  const { documents, findings, readings } = readYamlSource(sourceFile(name, text), text);
  const [fault] = findings;
  if (fault) throw new Error(renderFinding(fault));
  return documents.map((document) => readings.applyTo(document));
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
