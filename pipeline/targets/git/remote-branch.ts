import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redact } from '../redaction.ts';
import { TargetError } from '../target.ts';
import type { BranchStore } from './branch-store.ts';
import { gitIn, mustGit, type RunGit } from './run-git.ts';

const TIMEOUT_MS = 60_000;

export type RemoteBranchSettings = {
  readonly target: string;
  /** Without user or password. */
  readonly url: string;
  readonly branch: string;
  /** Absolute path of a directory for the copy that this process reads from, made when it is not there; the copy goes when disposed. */
  readonly scratchDir: string;
  /** Settings that hold secrets: they go by the environment, as command lines can be seen by everybody on the machine. */
  readonly env: Readonly<Record<string, string>>;
  readonly redact: Redact;
};

/** A branch of a remote repository, moved by a push with a lease on the old value. */
export function remoteBranch({ target, url, branch, scratchDir, env, redact }: RemoteBranchSettings): BranchStore {
  const ref = `refs/heads/${branch}`;
  const settings = { timeoutMs: TIMEOUT_MS, redact, env };
  let fetching: Promise<unknown> = Promise.resolve();
  let copy: Promise<{ readonly path: string; readonly run: RunGit }> | undefined;

  async function makeCopy(): Promise<{ readonly path: string; readonly run: RunGit }> {
    const path = await emptyBelow(scratchDir).catch((error: Error) => {
      throw new TargetError(target, `cannot make a copy to read from: ${error.message}`);
    });
    await mustGit(target, gitIn(target, undefined, settings), ['init', '--quiet', '--bare', '--template=', path]);
    return { path, run: gitIn(target, path, settings) };
  }
  const theCopy = (): Promise<{ readonly path: string; readonly run: RunGit }> => {
    copy ??= makeCopy().catch((error) => {
      copy = undefined;
      throw error;
    });
    return copy;
  };

  return {
    async tip(signal) {
      const { run } = await theCopy();
      const out = await mustGit(target, run, ['ls-remote', '--quiet', '--', url, ref], { signal });
      // the pattern also matches as the end of a longer name
      const line = out
        .toString('utf8')
        .split('\n')
        .find((each) => each.endsWith(`\t${ref}`));
      return line?.split('\t')[0];
    },
    async objects(commit, signal) {
      const { path, run } = await theCopy();
      if (commit === undefined) return path;
      const known = await run(['cat-file', '-e', `${commit}^{commit}`], { signal });
      if (known.exitCode === 0) return path;
      // One at a time, and into a ref of the copy: git must not think unused what another call of ours is about to read.
      const fetched = fetching.then(() =>
        run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', url, `+${ref}:refs/meshgate/tip`], {
          signal,
        }),
      );
      fetching = fetched.catch(() => undefined);
      const { exitCode, stderr } = await fetched;
      if (exitCode !== 0 && !/couldn't find remote ref/.test(stderr)) {
        throw new TargetError(target, `git fetch failed: ${stderr || `exit code ${exitCode}`}`);
      }
      return path;
    },
    async move(commit, expected, signal) {
      const { run } = await theCopy();
      const lease = `--force-with-lease=${ref}:${expected ?? ''}`;
      const { exitCode, stdout, stderr } = await run(
        ['push', '--porcelain', '--no-verify', lease, '--', url, `${commit}:${ref}`],
        { signal },
      );
      if (exitCode === 0) return undefined;
      return redact(`${stderr} ${stdout.toString('utf8')}`) || `exit code ${exitCode}`;
    },
    async [Symbol.asyncDispose]() {
      const made = await copy?.catch(() => undefined);
      if (made) await rm(made.path, { recursive: true, force: true });
    },
  };
}

/** Nobody else makes the directory: with PostgreSQL a data directory is empty until now. */
async function emptyBelow(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  return mkdtemp(join(dir, 'meshgate-target-'));
}
