import type { Severity } from '../finding.ts';

/** What can be wrong in `mesh.yaml`. Each has an entry in `docs/errors.md`. */
export const CONFIG_RULES = [
  { code: 'mesh-value', severity: 'error', summary: 'a setting of `mesh.yaml` has the wrong kind or value' },
  { code: 'mesh-unknown-key', severity: 'error', summary: '`mesh.yaml` has a key that Meshgate does not know' },
  { code: 'mesh-missing-key', severity: 'error', summary: '`mesh.yaml` leaves out a required key' },
  { code: 'duplicate-stage', severity: 'error', summary: 'two stages of one name' },
  { code: 'no-envoy-version', severity: 'error', summary: 'a stage without any Envoy version' },
  { code: 'unknown-group', severity: 'error', summary: 'a role, a gate or an owner names a group that is not there' },
  { code: 'unknown-person', severity: 'error', summary: 'a group has a member who is neither named nor an identity' },
  { code: 'roles-of-unknown-stage', severity: 'error', summary: 'roles of a stage that is not there' },
  { code: 'person-listed-twice', severity: 'error', summary: 'a group counts one person twice' },
  { code: 'identity-of-two-people', severity: 'error', summary: 'an account or e-mail address of two people' },
  { code: 'empty-group', severity: 'error', summary: 'a group that must approve, and nobody is in it' },
  { code: 'approvals-unreachable', severity: 'error', summary: 'more approvals than can ever be given' },
  { code: 'soak-in-first-stage', severity: 'error', summary: 'a soak where there is no stage before' },
  { code: 'recurrence-without-from', severity: 'error', summary: 'a recurrence that counts, from no day' },
  { code: 'freeze-never-opens', severity: 'error', summary: 'a freeze whose start never comes' },
  { code: 'nobody-may-request', severity: 'error', summary: 'a stage that nothing and nobody can promote into' },
  { code: 'url-with-credentials', severity: 'error', summary: 'a URL of `mesh.yaml` has a secret in it' },
  { code: 'shared-target', severity: 'error', summary: 'two stages deliver to one and the same target' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];
