/** Where the branch lives. Rejects with `TargetError` where it cannot be asked. */
export interface BranchStore extends AsyncDisposable {
  /** The commit at the tip; undefined where there is no such branch. */
  tip(signal?: AbortSignal): Promise<string | undefined>;
  /** The object database to read and write, with all of `commit`'s history in it where `commit` can be had. */
  objects(commit: string | undefined, signal?: AbortSignal): Promise<string>;
  /**
   * Moves the branch to `commit` if it is at `expected` (undefined: if there is none). Undefined when moved, else what was said;
   * the caller looks at the tip to learn whether that meant "no".
   */
  move(commit: string, expected: string | undefined, signal?: AbortSignal): Promise<string | undefined>;
}
