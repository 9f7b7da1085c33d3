import type { Finding, Severity } from '../finding.ts';
import type { SourceLocation } from '../source-location.ts';

/** What reading a mesh config can find wrong, before anything is known of Envoy. Each has an entry in `docs/errors.md`. */
export const LOAD_RULES = [
  { code: 'config-not-found', severity: 'error', summary: 'the config directory is not there or cannot be read' },
  { code: 'file-unreadable', severity: 'error', summary: 'a file or folder cannot be read, or is no regular file' },
  { code: 'file-too-large', severity: 'error', summary: 'a file, or all files together, exceed the limit' },
  { code: 'not-utf8', severity: 'error', summary: 'a file is not UTF-8' },
  { code: 'symlink-loop', severity: 'error', summary: 'a symbolic link leads back to a folder above it' },
  {
    code: 'path-outside-config',
    severity: 'error',
    summary: 'a symbolic link or an import leaves the config directory',
  },
  { code: 'unused-file', severity: 'warning', summary: 'a file has a place or name that Meshgate does not read' },
  { code: 'empty-stage', severity: 'error', summary: 'a stage has no resource at all' },
  { code: 'yaml-syntax', severity: 'error', summary: 'text that is no YAML' },
  { code: 'json-syntax', severity: 'error', summary: 'text that is no JSON' },
  { code: 'duplicate-key', severity: 'error', summary: 'a mapping has one key twice' },
  { code: 'unsupported-key', severity: 'error', summary: 'a key that JSON cannot hold' },
  { code: 'unknown-tag', severity: 'error', summary: 'a YAML tag with no meaning in Envoy configuration' },
  { code: 'bad-merge', severity: 'error', summary: '`<<` with something other than a mapping' },
  { code: 'unknown-anchor', severity: 'error', summary: 'an alias names an anchor that does not stand before it' },
  { code: 'too-many-faults', severity: 'error', summary: 'so many mistakes in a file that not all are shown' },
  {
    code: 'too-many-nodes',
    severity: 'error',
    summary: 'aliases, templates or values grow beyond every sensible size',
  },
  { code: 'too-deep', severity: 'error', summary: 'mappings and lists are nested too deeply' },
  { code: 'jsonnet-error', severity: 'error', summary: 'Jsonnet that its evaluator refuses' },
  {
    code: 'jsonnet-limit',
    severity: 'error',
    summary: 'Jsonnet that takes too long, too much memory or gives too much',
  },
  { code: 'jsonnet-missing', severity: 'error', summary: 'a Jsonnet file, and no evaluator to be had' },
  { code: 'not-a-resource', severity: 'error', summary: 'something other than a mapping where a resource is wanted' },
  {
    code: 'not-a-mapping',
    severity: 'error',
    summary: 'a file that is one mapping by its meaning holds something else',
  },
  {
    code: 'unknown-stage',
    severity: 'error',
    summary: 'values or resources for a stage that `mesh.yaml` does not name',
  },
  { code: 'bad-expression', severity: 'error', summary: '`${…}` that cannot be read' },
  {
    code: 'unlikely-text',
    severity: 'warning',
    summary: '`${…}` that stays as it is but looks like a misspelt expression',
  },
  { code: 'unknown-value', severity: 'error', summary: '`${values.…}` names a value that the stage does not have' },
  { code: 'value-kind', severity: 'error', summary: 'a mapping, list or absent value inside a text' },
  { code: 'bad-template', severity: 'error', summary: 'a template that is not well-formed' },
  { code: 'duplicate-template', severity: 'error', summary: 'two templates of one name' },
  { code: 'unknown-template', severity: 'error', summary: 'a use of a template that is not there' },
  {
    code: 'bad-template-use',
    severity: 'error',
    summary: 'a template use with other members than `template` and `with`',
  },
  { code: 'template-cycle', severity: 'error', summary: 'a template that uses itself, through others or not' },
  { code: 'missing-parameter', severity: 'error', summary: 'a template use leaves out a required parameter' },
  { code: 'unknown-parameter', severity: 'error', summary: 'a parameter that the template does not declare' },
  { code: 'parameter-kind', severity: 'error', summary: 'a parameter of another kind than declared' },
  {
    code: 'unknown-route-configuration',
    severity: 'error',
    summary: 'a template adds a virtual host to a route configuration that is not there',
  },
  { code: 'bad-discovery', severity: 'error', summary: 'the `discovery:` of a cluster is not well-formed' },
  { code: 'unnamed-listener', severity: 'warning', summary: 'the only listener of a stage has no name' },
  { code: 'missing-name', severity: 'error', summary: 'a resource without a name' },
  { code: 'duplicate-resource', severity: 'error', summary: 'two resources of one kind and name in one stage' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];

export type LoadRule = (typeof LOAD_RULES)[number]['code'];

const severities = new Map<string, Severity>(LOAD_RULES.map(({ code, severity }) => [code, severity]));

export function loadFinding(
  rule: LoadRule,
  at: SourceLocation,
  saw: string,
  want: string,
  via: readonly SourceLocation[] = [],
): Finding {
  const severity = severities.get(rule) ?? 'error';
  return { rule, severity, at, saw, want, ...(via.length > 0 ? { via } : {}) };
}

export const startOf = (file: string): SourceLocation => ({ file, line: 1, column: 1 });
