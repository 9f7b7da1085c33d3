import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { pollUntil } from '../../conformance/poll-until.ts';

/** One `mesh` command that runs beside the demo. */
export type DemoProcess = {
  readonly name: string;
  readonly pid: number;
  /** Ends it at once, as a machine that dies does. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it has written that; rejects when it ends before, or after the deadline. */
  said(text: string, deadlineMs: number): Promise<void>;
};

/** The parts of Meshgate that the demo runs: each a process of its own, as in earnest. */
export interface DemoProcesses extends AsyncDisposable {
  /** Starts `mesh ARGS…`; what it prints goes to `<logDir>/<name>.log`. */
  start(name: string, args: readonly string[]): DemoProcess;
}

export type DemoProcessesOptions = {
  readonly cwd: string;
  readonly logDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Something ended that nobody ended. */
  readonly onUnexpectedEnd: (name: string, lastLines: string) => void;
};

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const STOP_WITHIN_MS = 5_000;
const never = new AbortController().signal;

type Child = PromiseLike<unknown> & { readonly kill: (signal: 'SIGKILL' | 'SIGTERM') => boolean };

export function demoProcesses({ cwd, logDir, env, onUnexpectedEnd }: DemoProcessesOptions): DemoProcesses {
  const running = new Map<Child, string>();
  let stopping = false;
  const end = async (child: Child, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    running.delete(child);
    child.kill(signal);
    await child;
  };
  return {
    start(name, args) {
      const child = execa(process.execPath, [MAIN, ...args], {
        cwd,
        env,
        extendEnv: false,
        stdin: 'ignore',
        all: true,
        buffer: false,
        reject: false,
        forceKillAfterDelay: STOP_WITHIN_MS,
      });
      running.set(child, name);
      const log = createWriteStream(join(logDir, `${name}.log`), { flags: 'a' });
      let text = '';
      child.all?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        text = (text + chunk.toString('utf8')).slice(-16_384);
      });
      let ended = false;
      void child.then(() => {
        ended = true;
        log.end();
        if (running.delete(child) && !stopping) onUnexpectedEnd(name, lastLines(text));
      });
      return {
        name,
        pid: child.pid ?? 0,
        kill: () => end(child, 'SIGKILL'),
        async said(wanted, deadlineMs) {
          const command = `mesh ${args[0]}`;
          const seen = await pollUntil(wanted, deadlineMs, never, async () =>
            text.includes(wanted) ? 'said' : ended ? 'ended' : undefined,
          ).catch(() => 'late');
          if (seen === 'ended') throw new Error(`${command} ended:\n${lastLines(text)}`);
          if (seen === 'late') throw new Error(`${command}: not ready in ${deadlineMs} ms:\n${lastLines(text)}`);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      await Promise.all([...running.keys()].map((child) => end(child, 'SIGTERM')));
    },
  };
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-12).join('\n');
