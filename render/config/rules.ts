import type { Severity } from '../finding.ts';

/** What can be wrong in `mesh.yaml`. Each has an entry in `docs/errors.md`. */
export const CONFIG_RULES = [
  { code: 'mesh-value', severity: 'error', summary: 'a setting of `mesh.yaml` has the wrong kind or value' },
  { code: 'mesh-unknown-key', severity: 'error', summary: '`mesh.yaml` has a key that Meshgate does not know' },
  { code: 'mesh-missing-key', severity: 'error', summary: '`mesh.yaml` leaves out a required key' },
  { code: 'duplicate-stage', severity: 'error', summary: 'two stages of one name' },
  { code: 'no-envoy-version', severity: 'error', summary: 'a stage without any Envoy version' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];
