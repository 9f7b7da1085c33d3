import type { Severity } from '../render/finding.ts';

/** What the board itself refuses, before the pipeline is asked. Entries: `docs/errors/board.md`. */
export const BOARD_RULES = [
  { code: 'board-bad-request', severity: 'error', summary: 'The board cannot read what it was asked.' },
  { code: 'board-cross-site', severity: 'error', summary: 'Another site’s page made a browser ask.' },
  { code: 'board-fault', severity: 'error', summary: 'The board failed; its log says why.' },
  { code: 'board-no-such-side', severity: 'error', summary: 'What is to be compared is no stage, digest or revision.' },
  { code: 'board-not-signed-in', severity: 'error', summary: 'Nobody is signed in, or the session has ended.' },
  {
    code: 'board-not-there',
    severity: 'error',
    summary: 'There is no page, promotion, stage or service of that name.',
  },
  { code: 'board-other-host', severity: 'error', summary: 'The request names a host that is not the board’s.' },
  { code: 'board-read-only', severity: 'error', summary: 'A board without sign-in only shows.' },
  { code: 'board-store-gone', severity: 'error', summary: 'The database does not answer.' },
  { code: 'board-stranger', severity: 'error', summary: 'Somebody who is signed in, and nobody of this mesh.' },
  { code: 'board-too-many-streams', severity: 'error', summary: 'So many pages listen already.' },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];
