import type { Finding } from '../../../render/finding.ts';
import type { StageName } from '../../../render/ids.ts';
import type { DiffView } from './diff.ts';

/**
 * `GET /api/compare?from=&to=&stage=`. Each side is a stage (what is live in it), a digest (8 characters or more), `REVISION` or
 * `REVISION@STAGE`. `stage`: what a revision without one is rendered for; default the stage of the other side, else the first.
 */
export type CompareView = {
  readonly diff: DiffView;
  /** What keeps a side from being rendered; then `diff` is of what could be. */
  readonly findings: readonly Finding[];
};

/** What there is to choose from. */
export type CompareChoices = {
  readonly stages: readonly StageName[];
  readonly revisions: readonly { readonly revision: string; readonly liveIn: readonly StageName[] }[];
};
