import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Redact } from '../redaction.ts';
import { TargetError } from '../target.ts';
import type { BranchStore } from './branch-store.ts';
import { type GitRun, gitIn, mustGit } from './run-git.ts';

const TIMEOUT_MS = 30_000;
const NO_COMMIT = '0'.repeat(40);

export type LocalBranchSettings = {
  readonly target: string;
  /** Absolute path of a bare repository (or of a `.git` directory). */
  readonly path: string;
  readonly branch: string;
  /** Makes the repository, and the directories above it, at the first use where there is none. A repository that goes away later is gone. */
  readonly init: boolean;
  readonly redact: Redact;
};

/** A branch of a repository on this machine, moved by `update-ref` with the old value. */
export function localBranch({ target, path, branch, init, redact }: LocalBranchSettings): BranchStore {
  const run = gitIn(target, path, { timeoutMs: TIMEOUT_MS, redact });
  const ref = `refs/heads/${branch}`;
  let ready: Promise<void> | undefined;
  const prepare = (): Promise<void> => {
    ready ??= (init ? makeRepository(target, path, redact) : Promise.resolve()).catch((error) => {
      ready = undefined;
      throw error;
    });
    return ready;
  };

  return {
    async tip(signal) {
      await prepare();
      const answer = await run(['rev-parse', '--verify', '--quiet', ref], { signal });
      if (answer.exitCode === 0) return answer.stdout.toString('utf8').trim();
      // a missing branch is exit code 1 without a word
      if (answer.exitCode === 1 && answer.stderr === '') return undefined;
      throw new TargetError(target, `cannot read ${ref}: ${said(answer)}`);
    },
    async objects() {
      await prepare();
      return path;
    },
    async move(commit, expected, signal) {
      const answer = await run(['update-ref', '--no-deref', '-m', 'meshgate', ref, commit, expected ?? NO_COMMIT], {
        signal,
      });
      return answer.exitCode === 0 ? undefined : said(answer);
    },
    async [Symbol.asyncDispose]() {},
  };
}

const said = ({ stderr, exitCode }: GitRun): string => stderr || `exit code ${exitCode}`;

/** Made beside its place and moved there whole, so that of several processes that start together each finds a complete one. */
async function makeRepository(target: string, path: string, redact: Redact): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there) return;
  const work = join(dirname(path), `.meshgate-init-${randomUUID()}`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const run = gitIn(target, undefined, { timeoutMs: TIMEOUT_MS, redact });
    await mustGit(target, run, ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', work]);
    // what was pushed stays: others may add to a branch, and not wind it back
    const inWork = gitIn(target, work, { timeoutMs: TIMEOUT_MS, redact });
    for (const key of ['receive.denyNonFastForwards', 'receive.denyDeletes']) {
      await mustGit(target, inWork, ['config', key, 'true']);
    }
    await rename(work, path);
  } catch (error) {
    if (await stat(path).catch(() => undefined)) return;
    if (error instanceof TargetError) throw error;
    throw new TargetError(target, `cannot make a repository: ${(error as Error).message}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
