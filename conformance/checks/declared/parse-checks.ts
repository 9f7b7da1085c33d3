import type { Finding } from '../../../render/finding.ts';
import { isJsonObject, type JsonValue } from '../../../render/json.ts';
import { locate, locationOf } from '../../../render/places.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import type { RequestCheck } from '../check.ts';
import { checkProblems } from './check-problems.ts';
import { checkSchema } from './check-schema.ts';
import type { KnownNames } from './check-subject.ts';
import { shapeFindings, shown } from './shape-findings.ts';
import { toCheck } from './to-check.ts';

/** The checks that could be read, and everything that is wrong with the others. */
export type ParsedChecks = { readonly checks: readonly RequestCheck[]; readonly findings: readonly Finding[] };

function parseCheck(root: JsonValue, known: KnownNames, fallback: SourceLocation): ParsedChecks {
  const at = (isJsonObject(root) ? locationOf(root) : undefined) ?? fallback;
  const parsed = checkSchema.safeParse(root);
  if (!parsed.success) return { checks: [], findings: shapeFindings(checkSchema, root, parsed.error.issues, at) };
  if (!isJsonObject(root)) throw new TypeError('the check schema took what is no mapping');
  const findings = checkProblems(root, parsed.data, known, at);
  return findings.length > 0 ? { checks: [], findings } : { checks: [toCheck(root, parsed.data, at)], findings };
}

/** Reads the documents of one file: each is a check, or a list of checks. An empty document says nothing. */
export function parseChecks(file: string, documents: readonly JsonValue[], known: KnownNames = {}): ParsedChecks {
  const start: SourceLocation = { file, line: 1, column: 1 };
  const parsed = documents.flatMap((document): readonly ParsedChecks[] => {
    if (document === null) return [];
    if (Array.isArray(document)) {
      return document.map((item, index) => parseCheck(item, known, locate(document, [index]) ?? start));
    }
    if (isJsonObject(document)) return [parseCheck(document, known, start)];
    const want = 'a check (a mapping), or a list of checks';
    return [
      { checks: [], findings: [{ rule: 'check-syntax', severity: 'error', at: start, saw: shown(document), want }] },
    ];
  });
  return { checks: parsed.flatMap(({ checks }) => checks), findings: parsed.flatMap(({ findings }) => findings) };
}
