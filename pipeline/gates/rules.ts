import type { Severity } from '../../render/finding.ts';

/** Why a gate is closed and waiting will not open it. Each has an entry in `docs/errors.md`. */
export const GATE_RULES = [
  { code: 'order-moved-on', severity: 'error', summary: 'the stage before has a newer revision by now' },
  { code: 'verdict-fail', severity: 'error', summary: 'real Envoys did not take it, or did not behave' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];
