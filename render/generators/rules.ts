import type { Finding, Severity } from '../finding.ts';
import type { SourceLocation } from '../source-location.ts';

/** What is wrong with a generator, or with a service that one is to be instantiated for. Each has an entry in `docs/errors.md`. */
export const GENERATOR_RULES = [
  { code: 'bad-generator', severity: 'error', summary: 'a generator that is not well-formed' },
  { code: 'duplicate-generator', severity: 'error', summary: 'two generators of one name in one stage' },
  {
    code: 'generated-name',
    severity: 'error',
    summary: 'a service whose name, or a tag that the generator uses, is no plain text',
  },
  { code: 'generated-clash', severity: 'error', summary: 'a service would have a resource of a name that is taken' },
  { code: 'generated-nothing', severity: 'error', summary: 'a generator whose template comes to nothing' },
  { code: 'generator-full', severity: 'warning', summary: 'a source knows more services than the generator takes' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];

export type GeneratorRule = (typeof GENERATOR_RULES)[number]['code'];

const severities = new Map<string, Severity>(GENERATOR_RULES.map(({ code, severity }) => [code, severity]));

export const generatorFinding = (
  rule: GeneratorRule,
  at: SourceLocation,
  saw: string,
  want: string,
  via: readonly SourceLocation[] = [],
): Finding => ({
  rule,
  severity: severities.get(rule) ?? 'error',
  at,
  saw,
  want,
  ...(via.length > 0 ? { via } : {}),
});
