import type { Severity } from '../../render/finding.ts';

/** What of the ramps of hosts does not come right by itself. */
export const RAMP_RULES = [
  { code: 'ramp-held', severity: 'warning', summary: 'a person holds the hosts of a cluster as they are' },
  { code: 'ramp-stuck', severity: 'warning', summary: 'no next step of the hosts of a cluster is safe' },
  {
    code: 'ramp-not-kept',
    severity: 'error',
    summary: 'what is served of a cluster cannot be written or read, so that its hosts do not change',
  },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];

export type RampRule = (typeof RAMP_RULES)[number]['code'];
