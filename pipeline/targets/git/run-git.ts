import { execa } from 'execa';
import type { Redact } from '../redaction.ts';
import { TargetError } from '../target.ts';

export type GitRun = { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string };
export type GitOptions = {
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
};
export type RunGit = (args: readonly string[], options?: GitOptions) => Promise<GitRun>;

// Of the process that started us: each would point git elsewhere, or make it say more than it may (headers, when tracing).
const NOT_INHERITED = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_PREFIX',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
  'GIT_CONFIG',
  'GIT_CONFIG_PARAMETERS',
  'GIT_CONFIG_COUNT',
  'GIT_EXTERNAL_DIFF',
  'GIT_ASKPASS',
  'SSH_ASKPASS',
  'GIT_TRACE',
  'GIT_TRACE_CURL',
  'GIT_TRACE_PACKET',
  'GIT_TRACE2',
  'GIT_CURL_VERBOSE',
];

const CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsync=committed',
  'core.filesRefLockTimeout=5000',
  'core.packedRefsTimeout=5000',
  'core.sshCommand=ssh -o BatchMode=yes -o ConnectTimeout=10',
  'credential.helper=',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=15',
].flatMap((setting) => ['-c', setting]);

/** Runs git on the repository `gitDir` without any configuration of the user, hook or prompt. Rejects with `TargetError` after `timeoutMs`. */
export function gitIn(
  target: string,
  gitDir: string | undefined,
  settings: { readonly timeoutMs: number; readonly redact: Redact; readonly env?: Readonly<Record<string, string>> },
): RunGit {
  const { timeoutMs, redact } = settings;
  const dir = gitDir === undefined ? [] : [`--git-dir=${gitDir}`];
  return async (args, { input, signal, env } = {}) => {
    signal?.throwIfAborted();
    const result = await execa('git', ['--no-pager', ...CONFIG, ...dir, ...args], {
      env: {
        ...Object.fromEntries(NOT_INHERITED.map((name) => [name, undefined])),
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_TERMINAL_PROMPT: '0',
        // `ext::` and other helpers run programs
        GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
        LC_ALL: 'C',
        ...settings.env,
        ...env,
      },
      encoding: 'buffer',
      reject: false,
      stripFinalNewline: false,
      timeout: timeoutMs,
      forceKillAfterDelay: 1_000,
      maxBuffer: 512 * 1024 * 1024,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      ...(signal ? { cancelSignal: signal } : {}),
    });
    signal?.throwIfAborted();
    const stderr = redact(Buffer.from(result.stderr).toString('utf8'));
    const [verb = ''] = args;
    // no cause: execa's errors carry the whole command line
    if (result.timedOut)
      throw new TargetError(target, `git ${verb} did not end within ${timeoutMs} ms. ${stderr}`.trim());
    if (result.code === 'ENOENT') throw new TargetError(target, 'git is not on the PATH; install it');
    if (result.exitCode === undefined) throw new TargetError(target, `git ${verb} ended by a signal. ${stderr}`.trim());
    return { exitCode: result.exitCode, stdout: Buffer.from(result.stdout), stderr };
  };
}

/** For commands that have no business failing: rejects with what git said. */
export async function mustGit(
  target: string,
  run: RunGit,
  args: readonly string[],
  options?: GitOptions,
): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await run(args, options);
  if (exitCode === 0) return stdout;
  throw new TargetError(target, `git ${args[0]} failed: ${stderr || `exit code ${exitCode}`}`);
}
