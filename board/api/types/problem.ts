import type { Finding } from '../../../render/finding.ts';

/** What every answer is that is no success. */
export type Problem = {
  /** A code with an entry in `docs/errors/board.md`, such as `board-no-sign-in`. */
  readonly rule: string;
  /** What was wrong, in one line. */
  readonly problem: string;
  /** What is allowed, or what to do. */
  readonly want: string;
  readonly findings?: readonly Finding[];
};

/** Part of an answer that could not be had anew, and is as it was then. */
export type Stale = {
  /** What did not answer: `the control plane of canary`, `the repository`. */
  readonly what: string;
  readonly problem: string;
  /** Since when it has not been had; absent: it was never had. */
  readonly sinceEpochMs?: number;
};
