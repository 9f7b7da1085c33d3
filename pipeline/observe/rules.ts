import type { Finding, Severity } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';

/** The codes of what watching a fleet finds. Which of them is harm, and which is that nobody can tell, stands in `docs/errors/observe.md`. */
export const OBSERVE_RULES = [
  { code: 'fleet-nack', severity: 'error', summary: 'an Envoy of the fleet refused what it was served' },
  { code: 'fleet-panic', severity: 'error', summary: 'clusters went into panic mode after the push' },
  { code: 'fleet-failures', severity: 'error', summary: 'more requests fail than before the push' },
  { code: 'fleet-slower', severity: 'error', summary: 'requests take longer than before the push' },
  { code: 'fleet-silent', severity: 'error', summary: 'Envoys did not acknowledge the configuration in time' },
  { code: 'fleet-left', severity: 'error', summary: 'Envoys went away after the push and did not come back' },
  { code: 'fleet-empty', severity: 'error', summary: 'no Envoy of the stage is connected' },
  { code: 'fleet-unserved', severity: 'error', summary: 'no control plane serves what was pushed' },
  { code: 'fleet-no-traffic', severity: 'error', summary: 'there is too little traffic to compare' },
  { code: 'query-matches-nothing', severity: 'error', summary: 'a Prometheus query finds nothing, or no number' },
  { code: 'query-invalid', severity: 'error', summary: 'a Prometheus server refuses a query' },
  { code: 'query-unanswered', severity: 'error', summary: 'a Prometheus server gives no usable answer' },
  { code: 'query-violated', severity: 'error', summary: 'the answer to a Prometheus query is not what is wanted' },
  { code: 'query-violated-before', severity: 'warning', summary: 'a Prometheus check is violated before the push' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];
export type ObserveRule = (typeof OBSERVE_RULES)[number]['code'];

export const observeFinding = (
  rule: ObserveRule,
  stage: StageName,
  saw: string,
  want: string,
  more: Pick<Finding, 'resource' | 'envoy'> = {},
): Finding => ({
  rule,
  severity: OBSERVE_RULES.find(({ code }) => code === rule)?.severity ?? 'error',
  at: { file: 'mesh.yaml', line: 1, column: 1 },
  saw,
  want,
  stage,
  ...more,
});
