import type { Revision } from '../../ids.ts';
import type { CommitAuthor } from '../../promotion/plan.ts';

/** A mesh config as of a revision, in a directory that goes when it is disposed. */
export interface ConfigDirectory extends AsyncDisposable {
  readonly dir: string;
}

/**
 * Where revisions come from: the repository of the mesh config and its protected branch. Every method rejects when it cannot tell
 * (repository gone, remote does not answer); that is never a "no".
 */
export type ConfigSource = {
  /** For people: `branch main of git@example.com:mesh.git`. */
  readonly name: string;
  /** The head of the protected branch, fetched where there is a remote. */
  head(signal?: AbortSignal): Promise<Revision>;
  /** The head as this machine knew it last; no other is asked. */
  knownHead(signal?: AbortSignal): Promise<Revision>;
  /** `from`, the revision that it follows on its branch, and so on; at most `limit`. */
  firstParents(from: Revision, limit: number, signal?: AbortSignal): Promise<readonly Revision[]>;
  /** A commit, branch, tag or the beginning of a commit's hash, as typed; undefined: there is none of that name. */
  resolve(text: string, signal?: AbortSignal): Promise<Revision | undefined>;
  /** Whether the protected branch has it. Checks are code: what is not reachable is never run. */
  isReachable(revision: Revision, signal?: AbortSignal): Promise<boolean>;
  /** Whether `ancestor` is `revision` or comes before it. */
  isAncestor(ancestor: Revision, revision: Revision, signal?: AbortSignal): Promise<boolean>;
  /**
   * Author, committer and co-authors of every commit that touches the mesh config and is on one side alone; of all commits where `from`
   * is undefined. E-mail addresses in lower case, each person once.
   */
  authors(from: Revision | undefined, to: Revision, signal?: AbortSignal): Promise<readonly CommitAuthor[]>;
  /** Files of the mesh config that differ, relative to its directory, sorted; all files where `from` is undefined. */
  changedPaths(from: Revision | undefined, to: Revision, signal?: AbortSignal): Promise<readonly string[]>;
  read(revision: Revision, signal?: AbortSignal): Promise<ConfigDirectory>;
};
