import type { Severity } from '../../render/finding.ts';

/** What commands are refused for, beside access. Entries: `docs/errors/commands.md`. */
export const COMMAND_RULES: readonly {
  readonly code: string;
  readonly severity: Severity;
  readonly summary: string;
}[] = [
  { code: 'unknown-caller', severity: 'error', summary: 'Nobody of this mesh, or nobody can tell who asks.' },
  {
    code: 'policy-unknown',
    severity: 'error',
    summary: 'The policy of the stage cannot be read, so nothing may happen.',
  },
  { code: 'could-not-tell', severity: 'error', summary: 'What must be asked first did not answer.' },
  { code: 'no-such-stage', severity: 'error', summary: 'The mesh has no stage of that name.' },
  { code: 'unknown-promotion', severity: 'error', summary: 'There is no promotion of that name.' },
  { code: 'unknown-verification', severity: 'error', summary: 'There is no verification of that name.' },
  { code: 'unknown-revision', severity: 'error', summary: 'The repository has no such revision.' },
  { code: 'unknown-digest', severity: 'error', summary: 'No such digest was live in the stage.' },
  { code: 'nothing-to-promote', severity: 'error', summary: 'The stage before has nothing that could be promoted.' },
  { code: 'not-now', severity: 'error', summary: 'The promotion or stage cannot take that in the state it is in.' },
  {
    code: 'changed-since',
    severity: 'error',
    summary: 'What the person saw when they decided is not what is there now.',
  },
  { code: 'reason-missing', severity: 'error', summary: 'The command needs a reason.' },
  { code: 'glass-gates', severity: 'error', summary: 'A broken glass skips named gates, and not those.' },
  {
    code: 'glass-stage',
    severity: 'error',
    summary: 'The stage typed to break the glass is not the stage of the promotion.',
  },
  { code: 'rejected-by-person', severity: 'error', summary: 'A person said no.' },
  { code: 'nothing-adoptable', severity: 'error', summary: 'No revision renders to what is in the target.' },
];
