/** What `verifyAudit` finds: codes of its findings, for `docs/errors.md` and the test that holds it. */
export const AUDIT_RULES = [
  {
    code: 'audit-gap',
    severity: 'error',
    summary: 'A row of the audit log is missing, or one stands where another belongs.',
  },
  { code: 'audit-row-altered', severity: 'error', summary: 'A row of the audit log does not have its hash any more.' },
  {
    code: 'audit-chain-broken',
    severity: 'error',
    summary: 'A row of the audit log does not follow the row before it.',
  },
  { code: 'audit-head-differs', severity: 'error', summary: 'The head of the audit chain is not its last row.' },
  { code: 'audit-illegal', severity: 'error', summary: 'A row of the audit log tells what cannot have happened.' },
  { code: 'audit-record-differs', severity: 'error', summary: 'A stored record is not what the audit log says.' },
  { code: 'audit-evidence-missing', severity: 'error', summary: 'A document that the audit log rests on is missing.' },
  { code: 'audit-evidence-altered', severity: 'error', summary: 'A stored document is not what its name says.' },
  { code: 'audit-unreadable', severity: 'error', summary: 'A line of an exported audit log is no row of one.' },
] as const;
export type AuditRule = (typeof AUDIT_RULES)[number]['code'];
