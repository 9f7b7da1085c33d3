import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type Connection, type Connections, connections, isConnectionFault, storeError } from './connections.ts';
import { type JobQueue, openJobQueue } from './jobs/job-queue.ts';
import { migrate } from './migrate.ts';
import { type EmbeddedHost, embeddedHost } from './pglite/embedded-host.ts';
import type { PipelineStore } from './pipeline-store.ts';
import { sqlReader } from './sql-reader.ts';
import { StoreError } from './store-error.ts';
import type { StoreLocation } from './store-location.ts';
import { transact } from './transact.ts';

export type StoreSettings = {
  readonly clock: { nowEpochMs(): number };
  /** Of Meshgate; stored with every row of the audit log. */
  readonly toolVersion: string;
};

/** A store with what `startJobs` and the audit need of it. */
export type OpenStore = PipelineStore & { readonly connections: Connections; readonly jobs: JobQueue };

/** How long an opening is begun anew because the host of an embedded store died in the middle of it. */
const OPEN_AGAIN_MS = 60_000;

/**
 * Opens a store, and migrates it if need be. Rejects with `StoreError`. With `pglite`, this process hosts the database when no other
 * process of this machine does, and takes it over when the host dies, be it while this opens.
 */
export async function openStore(location: StoreLocation, settings: StoreSettings): Promise<OpenStore> {
  const until = performance.now() + OPEN_AGAIN_MS;
  for (;;)
    try {
      return await openOnce(location, settings);
    } catch (error) {
      // A PostgreSQL that is gone is for whoever runs this process to know at once.
      if (location.kind !== 'pglite' || !isConnectionFault(error) || performance.now() > until) throw error;
    }
}

async function openOnce(location: StoreLocation, settings: StoreSettings): Promise<OpenStore> {
  await using opening = new AsyncDisposableStack();
  const inside = new AsyncLocalStorage<true>();
  let lent: Connections;
  let jobs: JobQueue;
  let host: EmbeddedHost | undefined;
  try {
    if (location.kind === 'pglite') host = opening.use(embeddedHost(location.dataDir));
    const reach = async (): Promise<void> => host?.reach();
    lent = opening.use(connections(configOf(location, host), reach));
    await lent.use((connection) => demandVersion(connection));
    await migrate(lent.pool);
    jobs = opening.use(await openJobQueue(lent, location.kind));
  } catch (error) {
    throw storeError(error);
  }
  if (host) keepTidy(host, lent, opening);
  const opened = opening.move();

  const demandOutside = (): void => {
    // A transaction keeps all others of an embedded store out, so asking past it would wait for ever.
    if (inside.getStore())
      throw new StoreError('store-misused', 'inside of `transact`, ask the transaction and not the store');
  };
  async function outside<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    demandOutside();
    try {
      return await lent.use(work);
    } catch (error) {
      throw isConnectionFault(error) ? storeError(error) : error;
    }
  }
  /** What changes nothing is asked again when the connection was lost: the next may reach a new host, or be as old as the lost one. */
  async function reading<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    for (const waitMs of READ_AGAIN_MS)
      try {
        return await outside(work);
      } catch (error) {
        if (!isConnectionFault(error)) throw error;
        await sleep(waitMs);
      }
    return await outside(work);
  }

  return {
    kind: location.kind,
    connections: lent,
    jobs,
    read: sqlReader(reading),
    sql: (text, params) => outside((connection) => connection.sql(text, params)),
    async transact(work) {
      demandOutside();
      const enqueued = (): void => jobs.wake();
      return await transact(
        { ...settings, connections: lent, inside: (run) => inside.run(true, run), enqueue: jobs.send, enqueued },
        work,
      );
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const READ_AGAIN_MS = [0, 50, 200];

/** The oldest that is tested, and in care of its makers until November 2026. */
const OLDEST_VERSION = 14;

async function demandVersion(connection: Connection): Promise<void> {
  const [row] = await connection.sql<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
    [],
  );
  const major = Math.floor(Number(row?.version ?? 0) / 10_000);
  if (major < OLDEST_VERSION)
    throw new StoreError('store-refused', `the server is PostgreSQL ${major}; want ${OLDEST_VERSION} or newer`);
}

const POOL = {
  application_name: 'meshgate',
  connectionTimeoutMillis: 10_000,
  // A server that went silent (a cut network, a stopped host process) is told from a slow one.
  query_timeout: 60_000,
  keepAlive: true,
  idleTimeoutMillis: 0,
};

function configOf(location: StoreLocation, host: EmbeddedHost | undefined): pg.PoolConfig {
  if (location.kind === 'postgresql')
    return {
      ...POOL,
      idle_in_transaction_session_timeout: 30_000,
      max: 10,
      connectionString: checkedUrl(location.url),
    };
  return { ...POOL, host: host?.socketDirectory ?? '', port: 5432, user: 'postgres', database: 'postgres', max: 4 };
}

const TIDY_EVERY_MS = 60_000;

/** What autovacuum and the checkpointer do in a PostgreSQL server; through the socket, so never inside of somebody's transaction. */
function keepTidy(host: EmbeddedHost, lent: Connections, opening: AsyncDisposableStack): void {
  const tidy = async (): Promise<void> => {
    if (!host.hosting) return;
    await lent.use((connection) => connection.batch('VACUUM'));
    await lent.use((connection) => connection.batch('CHECKPOINT'));
  };
  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(tidy).catch(() => {}); // the next round does it
  }, TIDY_EVERY_MS).unref();
  opening.defer(() => clearInterval(timer));
}

/** Throws `StoreError` without the URL in it, as that may hold a password. */
function checkedUrl(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || (URL.canParse(url) === false && !/^postgres(ql)?:\/\/[^?]*@\//.test(url)))
    throw new StoreError(
      'store-refused',
      'DATABASE_URL is no URL such as postgresql://user:password@host:5432/database',
    );
  return url;
}
