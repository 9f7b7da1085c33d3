import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { type FromProcess, type Part, type Role, STORE_WAS_GONE, type ToProcess } from './protocol.ts';

const ENTRY = resolve(import.meta.dirname, 'mesh-process.ts');
const READY_WITHIN_MS = 180_000;

type Replica = { readonly part: Part; readonly child: ChildProcess; isReady: boolean; isDead: boolean };
export type Kill = { readonly role: Role; readonly point: string; readonly wasHost: boolean };

export type ReplicasOptions = {
  /** Processes that have loaded everything and wait to be told what to be: a restart takes no longer than it has to. */
  readonly spares: number;
  /** Beside `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
};

/** The processes of one Meshgate. Each that is killed is started again at once, as a supervisor does. */
export class Replicas implements AsyncDisposable {
  readonly kills: Kill[] = [];
  /** Every point that was come to, by role, in the order of the first time. */
  readonly seen = new Set<string>();
  /** What they wrote. */
  readonly output: string[] = [];
  /** Ended by itself: never meant. */
  readonly accidents: string[] = [];
  readonly #replicas = new Map<string, Replica>();
  readonly #spares: ChildProcess[] = [];
  readonly #options: ReplicasOptions;
  #armed: string[] = [];
  readonly #events = new Map<string, () => Promise<void>>();
  #isOver = false;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#fill();
  }

  /** The next process that comes to one of these points (`worker after push forward`) is killed there; each strikes once. */
  arm(points: readonly string[]): void {
    this.#armed = [...points];
  }
  /** When a process comes to this point for the first time from now on, that happens, and then it goes on. */
  when(point: string, happens: () => Promise<void>): void {
    this.#events.set(point, happens);
  }
  /** Resolves when every armed point has struck, and after `withinMs` in any case. */
  async allStruck(withinMs: number): Promise<void> {
    await pollUntil('every armed point', withinMs, new AbortController().signal, async () =>
      this.#armed.length === 0 ? true : undefined,
    ).catch(() => {});
  }
  /** What did not strike. */
  disarm(): readonly string[] {
    const left = this.#armed;
    this.#armed = [];
    return left;
  }

  async start(part: Part): Promise<void> {
    this.#become(part);
    await this.ready();
  }

  /** Resolves when every process runs. */
  async ready(): Promise<void> {
    await pollUntil('all processes', READY_WITHIN_MS, new AbortController().signal, async () => {
      if (this.accidents.length > 0) throw new Error(this.accidents.join('\n'));
      return [...this.#replicas.values()].every(({ isReady }) => isReady) || undefined;
    });
  }

  /** Kills one that runs, wherever it is. */
  kill(name: string): void {
    const replica = this.#replicas.get(name);
    if (!replica) throw new Error(`no process ${name}`);
    this.#strike(replica, 'wherever it was');
  }
  clock(offMs: number): void {
    for (const { child } of this.#replicas.values()) child.send({ kind: 'clock', offMs } satisfies ToProcess);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    const children = [...[...this.#replicas.values()].map(({ child }) => child), ...this.#spares];
    await Promise.all(
      children.map(
        (child) =>
          new Promise<void>((gone) => {
            if (child.exitCode !== null || child.signalCode !== null) gone();
            child.once('exit', () => gone());
            child.kill('SIGKILL');
          }),
      ),
    );
  }

  #fork(): ChildProcess {
    // Compiled code is the same everywhere; without a cache of it each of many starts compiles all anew.
    const NODE_COMPILE_CACHE = join(cacheDirOf(process.env), 'node');
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE, ...this.#options.env };
    const child = fork(ENTRY, [], { execArgv: [], env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => this.output.push(bytes.toString('utf8')));
    return child;
  }
  #fill(): void {
    while (!this.#isOver && this.#spares.length < this.#options.spares) this.#spares.push(this.#fork());
  }

  #become(part: Part): void {
    const child = this.#spares.shift() ?? this.#fork();
    const replica: Replica = { part, child, isReady: false, isDead: false };
    this.#replicas.set(part.name, replica);
    child.on('message', (message: FromProcess) => {
      if (message.kind === 'ready') replica.isReady = true;
      else this.#at(replica, message.at, message.point);
    });
    child.once('exit', (code, signal) => {
      if (this.#isOver) return;
      if (signal !== 'SIGKILL' && code !== STORE_WAS_GONE) {
        this.accidents.push(`${part.name} ended with ${code ?? signal}: ${this.output.slice(-5).join('')}`);
        return;
      }
      this.#become(part);
      this.#fill();
    });
    child.send({ kind: 'be', part } satisfies ToProcess);
  }

  #at(replica: Replica, at: number, point: string): void {
    const name = `${replica.part.role} ${point}`;
    if (replica.isDead) return;
    this.seen.add(name);
    const index = this.#armed.indexOf(name);
    if (index === -1) {
      const happens = this.#events.get(name);
      this.#events.delete(name);
      void (happens?.() ?? Promise.resolve()).then(() =>
        replica.child.send({ kind: 'go', at } satisfies ToProcess, () => {}),
      );
      return;
    }
    this.#armed.splice(index, 1);
    this.#strike(replica, point);
  }

  #strike(replica: Replica, point: string): void {
    replica.isReady = false;
    replica.isDead = true;
    this.kills.push({ role: replica.part.role, point, wasHost: isHost(replica.child.pid ?? 0) });
    replica.child.kill('SIGKILL');
  }
}

/** Whether it holds the embedded database of its data directory; only Linux tells. */
function isHost(pid: number): boolean {
  try {
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return open.some((path) => path.endsWith('/host.lock'));
  } catch {
    return false;
  }
}
