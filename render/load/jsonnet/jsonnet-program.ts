import { MAX_FILE_BYTES } from '../limits.ts';
import { type BoundedCommand, type ProcessBounds, runBounded } from './bounded-process.ts';
import { parseJsonnetError } from './jsonnet-error.ts';
import type { JsonnetEvaluator, JsonnetResult } from './jsonnet-evaluator.ts';

export const JSONNET_BOUNDS: ProcessBounds = {
  timeoutMs: 15_000,
  maxOutputBytes: MAX_FILE_BYTES,
  maxMemoryBytes: 1024 * 1024 * 1024,
};

export type JsonnetProgram = {
  /** Name on the PATH, or a path. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly bounds?: ProcessBounds;
};

/** The `jsonnet` program, C++ or Go: one process for a file, in the config directory, so that messages name files relative to it. */
export function jsonnetProgram({
  program,
  args = [],
  env = {},
  bounds = JSONNET_BOUNDS,
}: JsonnetProgram): JsonnetEvaluator {
  return async (file, { dir, signal }) => {
    const command: BoundedCommand = {
      program,
      args: [...args, '--', file],
      cwd: dir,
      // a library path from outside would make the result depend on the machine
      env: { JSONNET_PATH: undefined, ...env },
      bounds,
      ...(signal ? { signal } : {}),
    };
    const ran = await runBounded(command);
    switch (ran.kind) {
      case 'limit':
        return { kind: 'failed', cause: 'limit', message: ran.text };
      case 'not-started':
        return { kind: 'failed', cause: 'error', message: ran.text };
      case 'ended':
        return ran.exitCode === 0 ? { kind: 'ok', json: ran.stdout } : failed(ran.stderr, ran.exitCode, file);
      default:
        return ran satisfies never;
    }
  };
}

function failed(stderr: string, exitCode: number | undefined, file: string): JsonnetResult {
  const { message, at, via } = parseJsonnetError(stderr, file);
  const ended = stderr.trim() === '' ? `the evaluator ended with ${exitCode ?? 'a signal'} and said nothing` : message;
  return { kind: 'failed', cause: 'error', message: ended, ...(at ? { at } : {}), ...(via.length > 0 ? { via } : {}) };
}

/** Whether the program can be started and calls itself Jsonnet. */
export async function hasJsonnetProgram(program: string, cwd: string, signal?: AbortSignal): Promise<boolean> {
  const bounds = { ...JSONNET_BOUNDS, timeoutMs: 5_000, maxOutputBytes: 64 * 1024 };
  const ran = await runBounded({ program, args: ['--version'], cwd, env: {}, bounds, ...(signal ? { signal } : {}) });
  return ran.kind === 'ended' && ran.exitCode === 0 && /jsonnet/i.test(ran.stdout + ran.stderr);
}
