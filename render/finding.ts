import { formatLocation, type SourceLocation } from './source-location.ts';

/** `error` refuses; `warning` is shown and refuses nothing. */
export type Severity = 'error' | 'warning';

/**
 * Evidence: rule, place, what was seen, what was wanted. The same value is a test failure, a line in Slack and a stored reason.
 * `want` names what is allowed and, where it is not plain from that, what to do.
 */
export type Finding = {
  /** A code with an entry in `docs/errors.md`, such as `unknown-cluster`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly at: SourceLocation;
  readonly saw: string;
  readonly want: string;
  /** `cluster payments`: the xDS resource that it is about, where there is one. */
  readonly resource?: string;
  readonly stage?: string;
  /** The Envoy versions that it holds for; absent where it holds for all. */
  readonly envoy?: readonly string[];
  /** The lines that used the template in which `at` stands, nearest first. */
  readonly via?: readonly SourceLocation[];
};

export function renderFinding(finding: Finding): string {
  const { rule, severity, at, saw, want, resource, stage, envoy, via } = finding;
  const scope = [stage, resource, envoy && envoy.length > 0 ? `Envoy ${envoy.join(', ')}` : undefined].filter(Boolean);
  const used = (via ?? []).map((place) => `\n    used at ${formatLocation(place)}`).join('');
  const label = severity === 'warning' ? `warning ${rule}` : rule;
  return `${formatLocation(at)} ${label}${scope.length > 0 ? ` (${scope.join('; ')})` : ''}: saw ${saw}; want ${want}${used}`;
}

export const hasErrors = (findings: readonly Finding[]): boolean => findings.some((f) => f.severity === 'error');
