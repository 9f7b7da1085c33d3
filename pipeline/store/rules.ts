/** Why a store cannot be used: the codes of `StoreError`, for `docs/errors.md` and the test that holds it. */
export const STORE_RULES = [
  { code: 'store-gone', severity: 'error', summary: 'The database does not answer.' },
  { code: 'store-outcome-unknown', severity: 'error', summary: 'The database was lost while it committed.' },
  { code: 'store-refused', severity: 'error', summary: 'The database refused the connection or what was asked of it.' },
  { code: 'store-newer', severity: 'error', summary: 'The database was migrated by a newer Meshgate.' },
  { code: 'store-directory', severity: 'error', summary: 'The data directory of the embedded store cannot be used.' },
  { code: 'store-misused', severity: 'error', summary: 'The store was asked from inside one of its own transactions.' },
  { code: 'store-contended', severity: 'error', summary: 'A transaction lost against others again and again.' },
] as const;
