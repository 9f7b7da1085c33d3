import type { Severity } from '../../render/finding.ts';

/** What the control plane finds while it looks for the hosts of clusters. */
export const DISCOVERY_RULES = [
  {
    code: 'discovery-unanswered',
    severity: 'warning',
    summary: 'a source of hosts has said nothing since the control plane started',
  },
  {
    code: 'discovery-stale',
    severity: 'warning',
    summary: 'a source of hosts fails, and its last good answer is served on',
  },
  {
    code: 'discovery-expired',
    severity: 'error',
    summary: 'a source of hosts fails for longer than its last good answer may be served',
  },
  {
    code: 'discovery-floor',
    severity: 'warning',
    summary: 'a source suddenly gives few hosts or none, which is not believed yet',
  },
  {
    code: 'discovery-left-out',
    severity: 'warning',
    summary: 'a source gives hosts that no request can be sent to',
  },
  { code: 'discovery-empty', severity: 'warning', summary: 'the sources of a cluster give no hosts' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];

export type DiscoveryRule = (typeof DISCOVERY_RULES)[number]['code'];
