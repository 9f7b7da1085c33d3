import type { Severity } from '../../render/finding.ts';
import { SNAPSHOT_RULES } from './snapshot-rules.ts';

/** The codes of all guards, for `docs/errors.md` and the test that holds it. */
export const GUARD_RULES: readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[] =
  SNAPSHOT_RULES.map(({ code, severity, summary }) => ({ code, severity, summary }));
