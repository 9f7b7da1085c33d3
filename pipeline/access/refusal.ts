import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';

/** Why somebody may not, or why a gate is closed. Its place is the file that says so. */
export const refusal = (rule: string, stage: StageName, saw: string, want: string): Finding => ({
  rule,
  severity: 'error',
  at: { file: 'mesh.yaml', line: 1, column: 1 },
  saw,
  want,
  stage,
});
