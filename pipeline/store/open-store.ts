import { AsyncLocalStorage } from 'node:async_hooks';
import { type Connection, type Connections, connections, isConnectionFault, storeError } from './connections.ts';
import { type JobQueue, openJobQueue } from './jobs/job-queue.ts';
import { migrate } from './migrate.ts';
import { embeddedHost } from './pglite/embedded-host.ts';
import type { PipelineStore, PipelineTransaction } from './pipeline-store.ts';
import { sqlReader } from './sql-reader.ts';
import { type ChainHead, sqlTransaction } from './sql-transaction.ts';
import { StoreError } from './store-error.ts';
import type { StoreLocation } from './store-location.ts';

export type StoreSettings = {
  readonly clock: { nowEpochMs(): number };
  /** Of Meshgate; stored with every row of the audit log. */
  readonly toolVersion: string;
};

/** A store with what `startJobs` and the audit need of it. */
export type OpenStore = PipelineStore & { readonly connections: Connections; readonly jobs: JobQueue };

/** How often a transaction is run anew after it lost against another, or before anything of it was stored. */
const ATTEMPTS = 8;
/** PostgreSQL's codes for "run it again": serialization failure, deadlock. */
const LOST_RACES = new Set(['40001', '40P01']);

/**
 * Opens a store, and migrates it if need be. Rejects with `StoreError`. With `pglite`, this process hosts the database when no other
 * process of this machine does.
 */
export async function openStore(location: StoreLocation, settings: StoreSettings): Promise<OpenStore> {
  await using opened = new AsyncDisposableStack();
  const { config, reach } = locate(location, opened);
  const lent = opened.use(connections(config, reach));
  const jobs = await (async () => {
    try {
      await lent.use(async () => {});
      await migrate(lent.pool);
      return opened.use(await openJobQueue(lent, location.kind));
    } catch (error) {
      throw storeError(error);
    }
  })();
  const whole = opened.move();
  const inside = new AsyncLocalStorage<true>();

  /** A transaction keeps all others of an embedded store out, so asking past it would wait for ever. */
  const outside = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    if (inside.getStore())
      throw new StoreError('store-misused', 'inside of `transact`, ask the transaction and not the store');
    try {
      return await lent.use(work);
    } catch (error) {
      if (isConnectionFault(error))
        return await lent.use(work).catch((again: unknown) => Promise.reject(faultOf(again)));
      throw error;
    }
  };

  async function transactOnce<T>(work: (tx: PipelineTransaction) => Promise<T>, locked: boolean): Promise<T> {
    let committing = false;
    const sent: string[] = [];
    const result = await lent.use(async (connection) => {
      try {
        const [head] = await connection.batch<ChainHead>(locked ? BEGIN_LOCKED : BEGIN);
        if (!head) throw new StoreError('store-refused', 'the head of the audit log is missing');
        const { tx, finish } = sqlTransaction({
          connection,
          head,
          locked,
          nowEpochMs: Math.max(settings.clock.nowEpochMs(), head.at_epoch_ms),
          toolVersion: settings.toolVersion,
          enqueue: async (job, options) => {
            await jobs.send(connection, job, options);
            sent.push(job.kind);
          },
        });
        const value = await inside.run(true, () => work(tx));
        await finish();
        committing = true;
        await connection.batch('COMMIT');
        return value;
      } catch (error) {
        if (committing && isConnectionFault(error))
          throw new StoreError(
            'store-outcome-unknown',
            'the database was lost while it committed; look at what is stored',
            {
              cause: error,
            },
          );
        if (!isConnectionFault(error)) await connection.batch('ROLLBACK');
        throw error;
      }
    });
    if (sent.length > 0) jobs.wake();
    return result;
  }

  return {
    kind: location.kind,
    connections: lent,
    jobs,
    read: sqlReader(outside),
    sql: (text, params) => outside((connection) => connection.sql(text, params)),
    async transact(work) {
      if (inside.getStore()) throw new StoreError('store-misused', 'a transaction inside of a transaction');
      for (let attempt = 1; ; attempt++)
        try {
          return await transactOnce(work, attempt > 1);
        } catch (error) {
          const again = LOST_RACES.has((error as { code?: string }).code ?? '') || isConnectionFault(error);
          if (!again) throw error;
          if (attempt >= ATTEMPTS) throw faultOf(error);
        }
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

const HEAD = 'SELECT seq, at_epoch_ms, hash FROM meshgate.chain_head WHERE id = 1';
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ; ${HEAD}`;
/** Who has lost a race locks first and so loses no other; all that it reads then is what was committed last. */
const BEGIN_LOCKED = `BEGIN ISOLATION LEVEL READ COMMITTED; ${HEAD} FOR UPDATE`;

const faultOf = (error: unknown): unknown => {
  if (isConnectionFault(error)) return storeError(error);
  if (LOST_RACES.has((error as { code?: string }).code ?? ''))
    return new StoreError('store-contended', `lost against other transactions ${ATTEMPTS} times`, { cause: error });
  return error;
};

const POOL = { connectionTimeoutMillis: 10_000, idleTimeoutMillis: 0, application_name: 'meshgate' };

function locate(location: StoreLocation, opened: AsyncDisposableStack) {
  if (location.kind === 'postgresql')
    return {
      config: { ...POOL, connectionString: location.url, max: 10, idle_in_transaction_session_timeout: 30_000 },
      reach: async () => {},
    };
  const host = opened.use(embeddedHost(location.dataDir));
  return {
    config: { ...POOL, host: host.socketDirectory, port: 5432, user: 'postgres', database: 'postgres', max: 4 },
    reach: () => host.reach(),
  };
}
