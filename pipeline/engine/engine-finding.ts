import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import { NO_PLACE } from './rules.ts';

/** A finding that is about a promotion or command as a whole; `rule` is a code of a `rules.ts`. */
export const engineFinding = (rule: string, stage: StageName | undefined, saw: string, want: string): Finding => ({
  rule,
  severity: 'error',
  at: NO_PLACE,
  saw,
  want,
  ...(stage === undefined ? {} : { stage }),
});
