import type { Severity } from '../../render/finding.ts';

/** Why somebody may not. Each has an entry in `docs/errors.md`. */
export const ACCESS_RULES = [
  { code: 'access-stranger', severity: 'error', summary: 'somebody who is nobody in this mesh' },
  { code: 'access-role', severity: 'error', summary: 'a person who does not have the role in this stage' },
  { code: 'people-unknown', severity: 'error', summary: 'Slack did not say who is in a group, so nobody could tell' },
  { code: 'approve-own-request', severity: 'error', summary: 'an approval by the one who asked' },
  { code: 'approve-own-change', severity: 'error', summary: 'an approval by somebody who wrote a part of the change' },
  {
    code: 'approver-unknown-emails',
    severity: 'error',
    summary: 'an approval by somebody whose commits nobody could tell',
  },
  { code: 'confirm-own-glass', severity: 'error', summary: 'a broken glass confirmed by the one who broke it' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];
