import { join } from 'node:path';
import { execa } from 'execa';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import { until } from './until.ts';

export type StoreProcess = AsyncDisposable & {
  readonly lines: readonly string[];
  /** Resolves with the first line that begins so. */
  says(start: string, deadlineMs?: number): Promise<string>;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
  readonly ended: Promise<unknown>;
};

export function startStoreProcess(location: StoreLocation, task: string, count = 0): StoreProcess {
  const script = join(import.meta.dirname, 'store-process.ts');
  const child = execa(process.execPath, [script, JSON.stringify(location), task, String(count)], {
    reject: false,
    stdin: 'ignore',
    cleanup: true,
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  let exited: string | undefined;
  const ended = child.then((result) => {
    exited = `exit ${result.exitCode ?? result.signal}: ${result.stderr}`;
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    lines,
    ended,
    kill,
    says: (start, deadlineMs = 30_000) =>
      until(
        `"${start}" of a store process`,
        () => {
          const found = lines.find((line) => line.startsWith(start));
          if (found === undefined && exited !== undefined) throw new Error(`it ended: ${exited}`);
          return found;
        },
        deadlineMs,
      ),
    [Symbol.asyncDispose]: kill,
  };
}
