import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { StoreError } from '../store-error.ts';
import { type HostLock, takeHostLock } from './host-lock.ts';
import { SOCKET_NAME, socketDirectoryOf } from './socket-directory.ts';

/** The way to the database of a data directory: through whichever process of this machine hosts it, if need be this one. */
export type EmbeddedHost = AsyncDisposable & {
  /** A directory that holds PostgreSQL's socket. */
  readonly socketDirectory: string;
  /** Resolves once the socket answers. Becomes the host when there is none. Rejects with `StoreError` after `HOST_WAIT_MS`. */
  reach(): Promise<void>;
  /** Whether this process is the host. */
  readonly hosting: boolean;
};

/** Another process may be in the middle of starting PostgreSQL or of recovering it, on a busy machine. */
const HOST_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * PostgreSQL is compiled by V8's baseline compiler alone. Optimised code makes a statement a quarter faster, which pays for compiling it
 * after some 30,000 of them, and the process that hosts takes 860 MB with it instead of 280. `--liftoff-only` implies the
 * others only when V8 starts.
 */
const BASELINE_CODE = ['--no-wasm-dynamic-tiering', '--no-wasm-tier-up', '--liftoff-only'];

/** Makes the directory (mode 0700) when it is missing; starts nothing until `reach`. Throws `StoreError` when it cannot be used. */
export function embeddedHost(dataDir: string): EmbeddedHost {
  const socketDirectory = prepared(dataDir);
  const socketPath = join(socketDirectory, SOCKET_NAME);
  let host: AsyncDisposable | undefined;
  let reaching: Promise<void> | undefined;
  let closed = false;

  async function reach(): Promise<void> {
    const until = performance.now() + HOST_WAIT_MS;
    while (!closed) {
      if (await answers(socketPath)) return;
      const lock = host ? undefined : takeLock(dataDir);
      if (lock) host = await startHost(dataDir, socketPath, lock);
      else if (performance.now() > until)
        throw new StoreError('store-gone', `a process holds ${dataDir} and does not answer on ${socketPath}`);
      else await sleep(LOOK_EVERY_MS);
    }
    throw new StoreError('store-gone', `the store of ${dataDir} is closed`);
  }

  return {
    socketDirectory,
    get hosting() {
      return host !== undefined;
    },
    reach() {
      reaching ??= reach().finally(() => {
        reaching = undefined;
      });
      return reaching;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await reaching?.catch(() => {});
      await host?.[Symbol.asyncDispose]();
      host = undefined;
    },
  };
}

function prepared(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return socketDirectoryOf(dataDir);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('store-directory', `${dataDir} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

function takeLock(dataDir: string): HostLock | undefined {
  try {
    return takeHostLock(join(dataDir, 'host.lock'));
  } catch (error) {
    throw new StoreError('store-directory', `${dataDir} cannot be locked: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Whoever has the lock is alone with the directory, so what lies there of sockets and half-made databases is nobody's. */
async function startHost(dataDir: string, socketPath: string, lock: HostLock): Promise<AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  started.use(lock);
  try {
    for (const flag of BASELINE_CODE) setFlagsFromString(flag);
    // Loaded only by the process that hosts: it is a whole PostgreSQL.
    const [{ PGlite }, { startWireServer }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('./wire-server.ts'),
    ]);
    const cluster = join(dataDir, 'pgdata');
    const unfinished = join(dataDir, 'pgdata.new');
    rmSync(socketPath, { force: true });
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(cluster)) {
      // A cluster whose making was cut short cannot be told from a good one, so it gets its name when it is whole.
      await (await PGlite.create(unfinished)).close();
      renameSync(unfinished, cluster);
    }
    // The default is 1 GB of write-ahead log; `openStore` of the host makes checkpoints, as PGlite has no process that would.
    const startParams = [...PGlite.defaultStartParams, '-c', 'max_wal_size=64MB'];
    const db = started.adopt(await PGlite.create(cluster, { startParams }), (open) => open.close());
    started.use(await startWireServer(db, socketPath));
    started.defer(() => rmSync(socketPath, { force: true }));
    return started.move();
  } catch (error) {
    throw new StoreError('store-directory', `the embedded database in ${dataDir} does not start: ${String(error)}`, {
      cause: error,
    });
  }
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
