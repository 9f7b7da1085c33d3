import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { logFilePath } from './envoy-arguments.ts';
import type { EnvoyEnd, LauncherHooks, StartedEnvoy } from './envoy-launcher.ts';
import type { EnvoyRun } from './envoy-run.ts';
import { LogFile } from './log-file.ts';

/** How long Envoy has between SIGTERM, on which it ends within 10 ms, and SIGKILL for its whole process group. */
const END_WITHIN_MS = 500;

/** Memory ran out when the kernel's out-of-memory killer killed any process of this machine since the start. */
export type EnvoyProcess = EnvoyRun & { readonly pid: number };

/**
 * Starts `command` in a process group of its own, with an empty environment, its output in the scratch directory's log.
 * Rejects with the operating system's error when it cannot be started.
 */
export async function startEnvoyProcess(
  command: readonly string[],
  scratchDir: string,
  hooks: LauncherHooks,
): Promise<EnvoyProcess> {
  const [file = '', ...args] = command;
  const log = new LogFile(logFilePath(scratchDir));
  const killsBefore = outOfMemoryKills();
  // Not execa: its output options hand over pipes, and the log has to be a file (see `LogFile`).
  const child = spawn(file, args, {
    cwd: scratchDir,
    env: {},
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) {
    const [fault] = await once(child, 'error');
    log[Symbol.dispose]();
    throw fault;
  }
  const started: StartedEnvoy = { pid, containerId: undefined };
  hooks.onStarted?.(started);
  let isGone = false;
  const ended = new Promise<EnvoyEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      isGone = true;
      // Whatever it forked is in its group and has nobody else to end it.
      killGroup(pid, 'SIGKILL');
      log[Symbol.dispose]();
      hooks.onEnded?.(started);
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
    });
  });
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // Its pid may be another's by now.
    if (isGone) return;
    const force = setTimeout(() => killGroup(pid, 'SIGKILL'), END_WITHIN_MS);
    killGroup(pid, 'SIGTERM');
    await ended;
    clearTimeout(force);
  };
  return {
    pid,
    ended,
    log: () => log.text(),
    memoryRanOut: () => outOfMemoryKills() > killsBefore,
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

/** The kernel's count since boot; 0 where there is none (macOS, old kernels). */
function outOfMemoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
