import type { Severity } from '../../render/finding.ts';

/** What the engine itself refuses a promotion for. Entries: `docs/errors/promotion.md`. */
export const ENGINE_RULES: readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[] =
  [
    {
      code: 'revision-not-reachable',
      severity: 'error',
      summary: 'The revision is not on the protected branch.',
    },
    { code: 'stage-not-in-revision', severity: 'error', summary: 'The revision has no stage of that name.' },
    { code: 'already-live', severity: 'error', summary: 'The stage has that revision already.' },
    {
      code: 'target-not-as-promoted',
      severity: 'error',
      summary: 'The target holds something else than what was promoted there.',
    },
    {
      code: 'base-of-another',
      severity: 'warning',
      summary: 'Another Meshgate delivered there since; it is verified from that.',
    },
    {
      code: 'rolled-back-before',
      severity: 'error',
      summary: 'Nothing that was rolled back goes out again by itself.',
    },
    { code: 'panic-arithmetic', severity: 'warning', summary: 'How many hosts join how many healthy ones.' },
    { code: 'nothing-to-roll-back-to', severity: 'error', summary: 'No earlier delivery of the stage is known.' },
    { code: 'not-observed', severity: 'error', summary: 'The watch over the fleet came to no end in its time.' },
  ];

/** Findings of the engine concern no line of the config: they stand at its top. */
export const NO_PLACE = { file: 'mesh.yaml', line: 1, column: 1 } as const;
