import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

export type ProcessBounds = {
  readonly timeoutMs: number;
  /** Of standard output; of standard error the first 64 KiB are kept. */
  readonly maxOutputBytes: number;
  /** Resident memory. Held where the system has /proc. */
  readonly maxMemoryBytes: number;
};
export type BoundedResult =
  | { readonly kind: 'ended'; readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'limit'; readonly text: string }
  | { readonly kind: 'not-started'; readonly text: string };

export type BoundedCommand = {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly bounds: ProcessBounds;
  readonly signal?: AbortSignal;
};

const MEMORY_LOOK_MS = 25;
const MAX_STDERR_BYTES = 64 * 1024;

/** Runs one program in a process group of its own, which is killed as a whole at any bound. Rejects when `signal` is aborted. */
export async function runBounded(command: BoundedCommand): Promise<BoundedResult> {
  const { program, args, cwd, env, bounds, signal } = command;
  signal?.throwIfAborted();
  const child = execa(program, [...args], {
    cwd,
    env,
    detached: true,
    stdin: 'ignore',
    buffer: false,
    reject: false,
    encoding: 'buffer',
  });
  let limit: string | undefined;
  const kill = (): void => killGroup(child.pid);
  const stop = (reason: string): void => {
    limit ??= reason;
    kill();
  };
  const timer = setTimeout(() => stop(`it ran for more than ${bounds.timeoutMs / 1000} s`), bounds.timeoutMs);
  const watch = setInterval(() => {
    void residentBytes(child.pid).then((bytes) => {
      if (bytes > bounds.maxMemoryBytes) stop(`it took more than ${bounds.maxMemoryBytes / 1024 / 1024} MiB of memory`);
    });
  }, MEMORY_LOOK_MS);
  signal?.addEventListener('abort', kill, { once: true });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const sizes = { stdout: 0, stderr: 0 };
  child.stdout?.on('data', (chunk: Buffer) => {
    sizes.stdout += chunk.length;
    if (sizes.stdout <= bounds.maxOutputBytes) stdout.push(chunk);
    else stop(`it gave more than ${bounds.maxOutputBytes / 1024 / 1024} MiB`);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    if (sizes.stderr < MAX_STDERR_BYTES) stderr.push(chunk.subarray(0, MAX_STDERR_BYTES - sizes.stderr));
    sizes.stderr += chunk.length;
  });
  try {
    const result = await child;
    signal?.throwIfAborted();
    if (limit !== undefined) return { kind: 'limit', text: limit };
    if (child.pid === undefined)
      return { kind: 'not-started', text: result.shortMessage ?? `${program} could not be started` };
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8');
    return { kind: 'ended', exitCode: result.exitCode, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal?.removeEventListener('abort', kill);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** The second number of `statm` counts pages; those of 4 KiB are the smallest, so a larger page only makes the bound wider. */
async function residentBytes(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1] ?? 0) * 4096;
}
