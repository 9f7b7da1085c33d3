import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

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
      const listeners = new Set<() => void>();
      child.all?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        text = (text + chunk.toString('utf8')).slice(-16_384);
        for (const listener of listeners) listener();
      });
      let ended = false;
      void child.then(() => {
        ended = true;
        log.end();
        for (const listener of listeners) listener();
        if (running.delete(child) && !stopping) onUnexpectedEnd(name, lastLines(text));
      });
      return {
        name,
        pid: child.pid ?? 0,
        kill: () => end(child, 'SIGKILL'),
        said: (wanted, deadlineMs) =>
          new Promise((resolve, reject) => {
            const settle = (act: () => void): void => {
              clearTimeout(timer);
              listeners.delete(look);
              act();
            };
            const look = (): void => {
              if (text.includes(wanted)) settle(resolve);
              else if (ended) settle(() => reject(new Error(`mesh ${args[0]} ended:\n${lastLines(text)}`)));
            };
            const timer = setTimeout(
              () =>
                settle(() => reject(new Error(`mesh ${args[0]}: not ready in ${deadlineMs} ms:\n${lastLines(text)}`))),
              deadlineMs,
            );
            listeners.add(look);
            look();
          }),
      };
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      await Promise.all([...running.keys()].map((child) => end(child, 'SIGTERM')));
    },
  };
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-12).join('\n');
