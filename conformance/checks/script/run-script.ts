import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { CappedOutput } from './capped-output.ts';
import { endProcessTree, MARKER_VARIABLE } from './process-tree.ts';

/** For output that is still in the pipes once the script is gone. */
const DRAIN_MS = 1_000;

/** Where scripts find their programs: parameters, for the environment is read at the entry point alone. */
export type ScriptSettings = {
  readonly path: string;
  readonly lang: string;
  /** How long a script may tidy up after SIGTERM. Default 500 ms. */
  readonly graceMs?: number;
};

export type ScriptEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'not-started'; readonly reason: string };
export type ScriptRun = {
  readonly end: ScriptEnd;
  readonly output: string;
  readonly outputBytes: number;
  readonly leftovers: boolean;
};

export type ScriptCommand = {
  /** Absolute path of the executable. */
  readonly file: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** Unique to this run: what it starts is found by it. */
  readonly marker: string;
  readonly signal: AbortSignal;
};

/**
 * Runs a program in a process group of its own until it exits or its time is over, then ends whatever it left running, so that
 * nothing outlives the check. Rejects with the signal's reason when aborted, likewise with nothing left.
 */
export async function runScript(command: ScriptCommand): Promise<ScriptRun> {
  const { file, cwd, env, timeoutMs, graceMs, marker, signal } = command;
  signal.throwIfAborted();
  const output = new CappedOutput();
  const child = execa(file, [], {
    cwd,
    env: { ...env, [MARKER_VARIABLE]: marker },
    extendEnv: false,
    // A group and session of its own: what it starts dies with it, and Ctrl-C reaches it through us alone.
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
  });
  const closed = child.then(
    (result) => result,
    (error: unknown) => ({ failed: true as const, originalMessage: String(error) }),
  );
  if (child.pid === undefined) {
    const result = await closed;
    return { end: { kind: 'not-started', reason: notStarted(result) }, output: '', outputBytes: 0, leftovers: false };
  }
  const pid = child.pid;
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.write(chunk));
  // Not `closed`: a grandchild that keeps the pipes open would hold it back for as long as it lives.
  const exited = new Promise<ScriptEnd>((resolve) => {
    child.nodeChildProcess.once('exit', (exitCode, killedBy) =>
      resolve(exitCode === null ? { kind: 'killed', signal: killedBy ?? 'unknown' } : { kind: 'exited', exitCode }),
    );
  });
  const stop = new AbortController();
  const stopped = new Promise<'time' | 'abort'>((resolve) => {
    const timer = setTimeout(() => resolve('time'), timeoutMs);
    const onAbort = (): void => resolve('abort');
    signal.addEventListener('abort', onAbort, { once: true });
    stop.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
  const first = await Promise.race([exited, stopped]);
  stop.abort();
  const leftovers = await endProcessTree(pid, marker, graceMs);
  // What escaped (a new session with an emptied environment) may hold the pipes open for ever: what came so far is the output.
  await Promise.race([closed, sleep(DRAIN_MS)]);
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  if (first === 'abort') throw signal.reason;
  const end: ScriptEnd = first === 'time' ? { kind: 'timed-out' } : first;
  return { end, output: output.text(), outputBytes: output.totalBytes, leftovers: leftovers && first !== 'time' };
}

/** Node says ENOENT both for the file and for the interpreter that its first line names; the file was there a moment ago. */
function notStarted(result: {
  readonly originalMessage?: string | undefined;
  readonly code?: string | undefined;
}): string {
  if (result.code === 'ENOENT') return 'it, or the interpreter that its first line names, is not there';
  if (result.code === 'EACCES') return 'no permission to run it, or to run the interpreter that its first line names';
  return result.originalMessage ?? 'unknown';
}
