/** Finding rules of cells and rehearsals; each has an entry in `docs/errors.md`. */
export const CELL_RULES = [
  {
    code: 'envoy-refused',
    severity: 'error',
    summary: 'Envoy refuses the configuration as it is written (`--mode validate`)',
  },
  { code: 'nack', severity: 'error', summary: 'A running Envoy refused a resource over xDS' },
  { code: 'envoy-crashed', severity: 'error', summary: 'Envoy ended by itself while it took the configuration' },
  { code: 'not-ready', severity: 'error', summary: 'Envoy took the configuration but never got ready' },
  { code: 'not-warmed', severity: 'error', summary: 'A resource was taken but never became active' },
  {
    code: 'field-dropped',
    severity: 'error',
    summary: 'Envoy took a resource and silently left out a field that it does not know',
  },
  { code: 'config-differs', severity: 'error', summary: 'What Envoy holds is not what it was sent' },
  { code: 'listener-not-listening', severity: 'error', summary: 'A listener was taken but does not listen' },
  { code: 'deprecated-in-use', severity: 'warning', summary: 'Envoy warns that it uses a deprecated feature' },
  { code: 'rehearsal-request-failed', severity: 'error', summary: 'A request failed while the configuration changed' },
  {
    code: 'rehearsal-listener-drained',
    severity: 'error',
    summary: 'A listener was drained although it does not change',
  },
  {
    code: 'rehearsal-panic',
    severity: 'error',
    summary: 'A cluster entered panic mode while the configuration changed',
  },
  {
    code: 'panic-rehearsal-failed',
    severity: 'error',
    summary: 'With the new hosts in maintenance, panic mode starts or requests reach them',
  },
] as const;
export type CellRule = (typeof CELL_RULES)[number]['code'];
