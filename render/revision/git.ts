import { execa } from 'execa';
import { RevisionError } from './revision-error.ts';

export type GitAnswer = { readonly exitCode: number | undefined; readonly stdout: Buffer; readonly stderr: string };

// A git hook sets these, and each would point git at another repository or index than the one that holds the directory.
const NOT_INHERITED = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
];

/** Runs git in `dir`; rejects with `NO_GIT` where there is none, else resolves whatever it answers. */
export async function git(
  dir: string,
  args: readonly string[],
  options: { input?: string; signal?: AbortSignal } = {},
): Promise<GitAnswer> {
  const { input, signal } = options;
  const result = await execa('git', ['--no-pager', ...args], {
    cwd: dir,
    env: {
      ...Object.fromEntries(NOT_INHERITED.map((name) => [name, undefined])),
      GIT_OPTIONAL_LOCKS: '0',
      LC_ALL: 'C',
    },
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 512 * 1024 * 1024,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(signal ? { cancelSignal: signal } : {}),
  });
  signal?.throwIfAborted();
  if (result.exitCode === undefined) {
    const missing = result.code === 'ENOENT';
    throw new RevisionError(
      missing ? 'NO_GIT' : 'GIT_FAILED',
      missing ? 'git is not on the PATH; install it' : (result.shortMessage ?? 'git ended by a signal'),
    );
  }
  return {
    exitCode: result.exitCode,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString('utf8'),
  };
}
