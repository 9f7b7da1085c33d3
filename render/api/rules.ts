import type { Severity } from '../finding.ts';

/** The finding rules of this room; each has its entry in `docs/errors/api.md`. */
export const API_RULES = [
  { code: 'unknown-field', severity: 'error', summary: 'a field that the Envoy version does not know' },
  { code: 'duplicate-field', severity: 'error', summary: 'one field given in both of its spellings' },
  { code: 'wrong-type', severity: 'error', summary: 'a value of the wrong kind for its field' },
  { code: 'number-out-of-range', severity: 'error', summary: 'a number that its field cannot hold' },
  { code: 'unknown-enum-value', severity: 'error', summary: 'a name that is no value of the enum' },
  { code: 'bad-duration', severity: 'error', summary: 'text that is no duration, or one that Envoy refuses' },
  { code: 'bad-timestamp', severity: 'error', summary: 'text that is no RFC 3339 time' },
  { code: 'bad-bytes', severity: 'error', summary: 'text that is no base64' },
  { code: 'oneof-conflict', severity: 'error', summary: 'two fields of which only one may be set' },
  { code: 'missing-type-url', severity: 'error', summary: 'a typed configuration without @type' },
  { code: 'unknown-type', severity: 'error', summary: 'an @type that the Envoy version does not know' },
  { code: 'nested-typed-config', severity: 'error', summary: 'typed_config inside typed_config' },
  { code: 'constraint', severity: 'error', summary: "a value that breaks the API's own constraints" },
  { code: 'missing-typed-config', severity: 'error', summary: 'an extension without its typed_config' },
  { code: 'unknown-extension', severity: 'error', summary: 'a type that configures no extension of this place' },
  {
    code: 'disallowed-field',
    severity: 'error',
    summary: 'a field or value that Envoy refuses because it was retired',
  },
  { code: 'deprecated-field', severity: 'warning', summary: 'a deprecated field or value' },
] as const satisfies readonly { code: string; severity: Severity; summary: string }[];

export type ApiRule = (typeof API_RULES)[number]['code'];

export const severityOf = (rule: ApiRule): Severity => (rule === 'deprecated-field' ? 'warning' : 'error');
