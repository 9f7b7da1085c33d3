import type { z } from 'zod';
import type { Finding } from './finding.ts';
import { isJsonObject, type JsonPath, type JsonValue } from './json.ts';
import { describeValue } from './load/describe.ts';
import { wantOneOf } from './nearest-names.ts';
import { keyLocation, locate, viaOf } from './places.ts';
import type { SourceLocation } from './source-location.ts';

export type ShapeRules = {
  /** The rule of what has the wrong type or value. */
  readonly value: string;
  /** The rule of members that are not known. */
  readonly unknownKey: string;
  /** The rule of required members that are not there. */
  readonly missingKey: string;
};

type Schema = { readonly [key: string]: unknown };

/** Zod's issues as findings at the places of `root`. `jsonSchema` (`z.toJSONSchema`) tells what keys are known at a path. */
export function shapeFindings(
  error: z.ZodError,
  root: JsonValue,
  rules: ShapeRules,
  jsonSchema: unknown,
  fallback: SourceLocation,
): Finding[] {
  return error.issues.flatMap((issue) => issueFindings(issue, root, rules, jsonSchema as Schema, fallback));
}

function issueFindings(
  issue: z.core.$ZodIssue,
  root: JsonValue,
  rules: ShapeRules,
  jsonSchema: Schema,
  fallback: SourceLocation,
): Finding[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const meant = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
  if (meant) {
    return meant.flatMap((inner) =>
      issueFindings({ ...inner, path: [...issue.path, ...inner.path] }, root, rules, jsonSchema, fallback),
    );
  }
  if (issue.code === 'unrecognized_keys') {
    const holder = valueAt(root, path);
    const known = knownKeys(jsonSchema, path, root);
    return issue.keys.map((key) => {
      const at = (typeof holder === 'object' && holder !== null && keyLocation(holder, key)) || fallback;
      return finding(
        rules.unknownKey,
        at,
        `the key ${JSON.stringify(key)}`,
        wantOneOf('a known key', key, known),
        holder,
      );
    });
  }
  // a record's bad key stands at the key, not at its value
  if (issue.code === 'invalid_key') {
    const holder = valueAt(root, path.slice(0, -1));
    const key = path.at(-1) ?? '';
    const at = (typeof holder === 'object' && holder !== null && keyLocation(holder, key)) || fallback;
    const want = issue.issues.map((inner) => inner.message).join('; ');
    return [finding(rules.value, at, `the key ${JSON.stringify(key)}`, want, holder)];
  }
  const value = valueAt(root, path);
  const name = path.at(-1);
  if (value === undefined && typeof name === 'string') {
    const holder = valueAt(root, path.slice(0, -1));
    const at = locate(root, path.slice(0, -1)) ?? fallback;
    return [finding(rules.missingKey, at, `no ${name}`, wantOf(issue), holder)];
  }
  return [finding(rules.value, locate(root, path) ?? fallback, describeValue(value), wantOf(issue), value)];
}

/** Of several forms that a value could have, the one it has, as far as something within it is wrong and not the whole of it. */
const meantBranch = (branchIssues: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined =>
  branchIssues.find(
    (issues) => issues.length > 0 && issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );

function finding(rule: string, at: SourceLocation, saw: string, want: string, holder: JsonValue | undefined): Finding {
  const via = typeof holder === 'object' && holder !== null ? viaOf(holder) : [];
  return { rule, severity: 'error', at, saw, want, ...(via.length > 0 ? { via } : {}) };
}

const NAMES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** Zod's own texts begin with `Invalid`; the schema's are written to be read as what is wanted. */
function wantOf(issue: z.core.$ZodIssue): string {
  if (!/^(?:Invalid|Too |Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return NAMES[issue.expected] ?? `a value of type ${issue.expected}`;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${issue.origin === 'array' ? ' of them' : ''}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function valueAt(root: JsonValue, path: JsonPath): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, JsonValue>)[String(step)];
  }
  return value;
}

function knownKeys(jsonSchema: Schema, path: JsonPath, root: JsonValue): string[] {
  let candidates = branches(jsonSchema);
  let value: JsonValue | undefined = root;
  for (const step of path) {
    candidates = candidates.flatMap((schema) => {
      const next =
        typeof step === 'number'
          ? schema.items
          : ((schema.properties as Schema | undefined)?.[step] ?? schema.additionalProperties);
      return isSchema(next) ? branches(next) : [];
    });
    value = valueAt(value ?? null, [step]);
  }
  const kind = isJsonObject(value) ? value.kind : undefined;
  const ofKind = candidates.filter((schema) => {
    const declared = (schema.properties as Schema | undefined)?.kind;
    return kind === undefined || !isSchema(declared) || declared.const === undefined || declared.const === kind;
  });
  return [...new Set(ofKind.flatMap((schema) => Object.keys((schema.properties as Schema | undefined) ?? {})))];
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
const branches = (schema: Schema): Schema[] => [
  schema,
  ...[schema.anyOf, schema.oneOf, schema.allOf].flat().filter(isSchema).flatMap(branches),
];
