import type { z } from 'zod';
import type { Finding } from '../../../render/finding.ts';
import type { JsonPath, JsonValue } from '../../../render/json.ts';
import { nearestNames } from '../../../render/nearest-names.ts';
import { keyLocation, locate } from '../../../render/places.ts';
import type { SourceLocation } from '../../../render/source-location.ts';

type Issue = z.core.$ZodIssue;

// What zod keeps in a schema's `def`, as far as it is walked here: https://zod.dev/packages/core#schemas
type Def = {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
};

/** The keys that a mapping at `path` may have. */
function allowedKeys(schema: z.core.$ZodType, path: JsonPath): readonly string[] {
  const def = schema._zod.def as unknown as Def;
  const [step, ...rest] = path;
  if (def.type === 'optional' && def.innerType) return allowedKeys(def.innerType, path);
  if (def.options) return def.options.flatMap((option) => allowedKeys(option, path));
  if (step === undefined) return Object.keys(def.shape ?? {});
  const next = def.shape?.[String(step)] ?? (typeof step === 'number' ? def.element : def.valueType);
  return next ? allowedKeys(next, rest) : [];
}

function valueAt(root: JsonValue, path: JsonPath): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Record<string, JsonValue>)[String(step)] : undefined;
  }
  return value;
}

/** A value as a person wrote it, cut to what fits in a line. */
export function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const written = JSON.stringify(value) ?? 'nothing';
  return written.length > 80 ? `${written.slice(0, 77)}…` : written;
}

/** Of a union's alternatives, the faults of the one whose kind of value was written; none where it was no such kind at all. */
function issuesOfWrittenBranch(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [];
  const isOtherKind = ({ code, path }: Issue): boolean =>
    path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
  const branch = issue.errors.find((faults) => faults.length > 0 && !faults.some(isOtherKind));
  return (branch ?? []).map((fault) => ({ ...fault, path: [...issue.path, ...fault.path] }));
}

/** What zod found wrong with `root`, each with its place: nothing is left out, and each unknown key stands for itself. */
export function shapeFindings(
  schema: z.core.$ZodType,
  root: JsonValue,
  issues: readonly Issue[],
  fallback: SourceLocation,
): readonly Finding[] {
  const finding = (at: SourceLocation | undefined, saw: string, want: string): Finding => ({
    rule: 'check-syntax',
    severity: 'error',
    at: at ?? fallback,
    saw,
    want,
  });
  return issues.flatMap((issue): readonly Finding[] => {
    const path = issue.path as JsonPath;
    const narrowed = issuesOfWrittenBranch(issue);
    if (narrowed.length > 0) return shapeFindings(schema, root, narrowed, fallback);
    const value = valueAt(root, path);
    if (issue.code === 'unrecognized_keys') {
      const known = allowedKeys(schema, path);
      return issue.keys.map((key) => {
        const near = nearestNames(key, known);
        const hint = near.length === 0 ? 'one of ' : `${near.join(' or ')} (did you mean that?), or another of `;
        const at = typeof value === 'object' && value !== null ? keyLocation(value, key) : undefined;
        return finding(at, `the unknown key "${key}"`, `${hint}${known.join(', ')}`);
      });
    }
    const name = path.length > 0 ? path.join('.') : 'the check';
    if (value === undefined) return [finding(locate(root, path), `no ${name}`, issue.message)];
    return [finding(locate(root, path), `${name}: ${shown(value)}`, issue.message)];
  });
}
