import type { Severity } from '../../render/finding.ts';

/** What the control plane finds while it looks for the services of generators. */
export const SERVICE_RULES = [
  {
    code: 'services-unanswered',
    severity: 'warning',
    summary: 'the source of a generator has said nothing since the control plane started',
  },
  {
    code: 'services-stale',
    severity: 'warning',
    summary: 'the source of a generator fails, and the services of its last good answer are served on',
  },
  {
    code: 'services-expired',
    severity: 'error',
    summary: 'the source of a generator fails for longer than its last good answer may be served',
  },
  {
    code: 'services-floor',
    severity: 'warning',
    summary: 'the source of a generator suddenly gives few services or none, which is not believed yet',
  },
  {
    code: 'services-left-out',
    severity: 'warning',
    summary: 'services that a generator found break a rule, and are not served',
  },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];

export type ServiceRule = (typeof SERVICE_RULES)[number]['code'];
