import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type LineEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** A program that is told what to do by lines of JSON, and says by lines of JSON what happened; it ends with its standard input. */
export interface LineProcess extends AsyncDisposable {
  readonly pid: number;
  tell(line: object): void;
  /**
   * The next event of that name that nobody has taken. Rejects when the program says `failed`, when it ends, and after `deadlineMs`
   * (default two minutes).
   */
  next(event: string, deadlineMs?: number): Promise<LineEvent>;
  /** Ends it as a machine that loses its power does. */
  kill(): Promise<void>;
}

const DEADLINE_MS = 120_000;
const ENDS_WITHIN_MS = 5_000;
const KEPT_CHARACTERS = 4_000;

export function startLineProcess(name: string, command: string, args: readonly string[]): LineProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const events: LineEvent[] = [];
  const arrived = new EventTarget();
  const wake = (): void => void arrived.dispatchEvent(new Event('arrived'));
  let words = '';
  let fault: string | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-KEPT_CHARACTERS);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as LineEvent;
    if (event.event === 'failed') fault ??= String(event.problem);
    else events.push(event);
    wake();
  });
  child.stdin.on('error', () => undefined); // it ended: that is told below
  child.on('error', (error) => {
    fault ??= error.message;
    wake();
  });
  const ended = endOf(child).then((how) => {
    fault ??= `it ended (${how})${words === '' ? '' : `: ${words.trim()}`}`;
    wake();
  });

  return {
    pid: child.pid ?? 0,
    tell: (line) => void child.stdin.write(`${JSON.stringify(line)}\n`),
    async next(wanted, deadlineMs = DEADLINE_MS) {
      const timeout = AbortSignal.timeout(deadlineMs);
      timeout.addEventListener('abort', wake);
      for (;;) {
        const index = events.findIndex(({ event }) => event === wanted);
        const [found] = index < 0 ? [] : events.splice(index, 1);
        if (found) return found;
        if (fault !== undefined) throw new Error(`${name}: ${fault}`);
        if (timeout.aborted) throw new Error(`${name}: no "${wanted}" within ${deadlineMs} ms`);
        await new Promise((resolve) => arrived.addEventListener('arrived', resolve, { once: true }));
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      const tooLate = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
      await ended;
      clearTimeout(tooLate);
    },
  };
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
