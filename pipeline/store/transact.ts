import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type Connections, isConnectionFault, storeError } from './connections.ts';
import type { PipelineTransaction } from './pipeline-store.ts';
import { type ChainHead, type Receipt, sqlTransaction } from './sql-transaction.ts';
import { StoreError } from './store-error.ts';

export type TransactSettings = {
  readonly connections: Connections;
  readonly clock: { nowEpochMs(): number };
  readonly toolVersion: string;
  /** Runs `work` marked as being inside of a transaction. */
  readonly inside: <T>(work: () => Promise<T>) => Promise<T>;
  readonly enqueue: (
    connection: Connection,
    nowEpochMs: number,
    ...job: Parameters<PipelineTransaction['enqueue']>
  ) => Promise<void>;
  /** Jobs were committed. */
  readonly enqueued: () => void;
};

/** Waits before the attempts after the first: a lost race is run again at once, a lost database gets time to come back. */
const WAITS_MS = [0, 50, 100, 200, 400, 800, 1_500];
/** PostgreSQL's codes for "run it again": serialization failure, deadlock. */
const LOST_RACES = new Set(['40001', '40P01']);

const HEAD = 'SELECT seq, at_epoch_ms, hash FROM meshgate.chain_head WHERE id = 1';
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ; ${HEAD}`;
/** Who has lost a race locks first and so loses no other; all that it reads then is what was committed last. */
const BEGIN_LOCKED = `BEGIN ISOLATION LEVEL READ COMMITTED; ${HEAD} FOR UPDATE`;

type Attempt<T> = { readonly value: T; readonly receipt: Receipt | undefined };

/** Thrown between the COMMIT and its acknowledgement. */
class CommitLost<T> extends Error {
  readonly attempt: Attempt<T>;
  constructor(attempt: Attempt<T>, options: ErrorOptions) {
    super('the database was lost while it committed', options);
    this.attempt = attempt;
  }
}

/** See `PipelineStore.transact`. */
export async function transact<T>(
  settings: TransactSettings,
  work: (tx: PipelineTransaction) => Promise<T>,
): Promise<T> {
  let uncertain: Attempt<T> | undefined;
  for (let attempt = 0; ; attempt++)
    try {
      return await transactOnce(settings, work, attempt > 0, uncertain);
    } catch (error) {
      if (error instanceof CommitLost) {
        uncertain = error.attempt as Attempt<T>;
        // Without a row in the audit log there is nothing to know it by again.
        if (!uncertain.receipt) throw outcomeUnknown(error);
      } else if (!isLostRace(error) && !isConnectionFault(error)) throw error;
      const waitMs = WAITS_MS[attempt];
      if (waitMs === undefined) {
        if (uncertain) throw outcomeUnknown(error);
        throw isConnectionFault(error)
          ? storeError(error)
          : new StoreError('store-contended', `lost against other transactions ${attempt + 1} times`, { cause: error });
      }
      if (isConnectionFault(error) || error instanceof CommitLost) await sleep(waitMs);
    }
}

async function transactOnce<T>(
  settings: TransactSettings,
  work: (tx: PipelineTransaction) => Promise<T>,
  locked: boolean,
  uncertain: Attempt<T> | undefined,
): Promise<T> {
  const { connections, clock, toolVersion, inside, enqueue, enqueued } = settings;
  let jobs = 0;
  const value = await connections.use(async (connection) => {
    const [head] = await connection.batch<ChainHead>(locked ? BEGIN_LOCKED : BEGIN);
    if (!head) throw new StoreError('store-refused', 'the head of the audit log is missing');
    // The lock waits for the earlier attempt, should the server still be at it: now its row is there, or never will be.
    if (uncertain?.receipt && (await isStored(connection, uncertain.receipt))) {
      await connection.batch('ROLLBACK');
      jobs = 1;
      return uncertain.value;
    }
    const nowEpochMs = Math.max(clock.nowEpochMs(), head.at_epoch_ms);
    const { tx, finish } = sqlTransaction({
      connection,
      head,
      locked,
      nowEpochMs,
      toolVersion,
      enqueue: async (...job) => {
        await enqueue(connection, nowEpochMs, ...job);
        jobs++;
      },
    });
    const result = await inside(() => work(tx));
    const attempt = { value: result, receipt: await finish() };
    try {
      await connection.batch('COMMIT');
    } catch (error) {
      throw isConnectionFault(error) ? new CommitLost(attempt, { cause: error }) : error;
    }
    return result;
  });
  if (jobs > 0) enqueued();
  return value;
}

const isStored = async (connection: Connection, { seq, hash }: Receipt): Promise<boolean> =>
  (await connection.sql('SELECT FROM meshgate.audit WHERE seq = $1 AND hash = $2', [seq, hash])).length > 0;

const isLostRace = (error: unknown): boolean => LOST_RACES.has((error as { code?: string }).code ?? '');

const outcomeUnknown = (cause: unknown): StoreError =>
  new StoreError('store-outcome-unknown', 'the database was lost while it committed; look at what is stored', {
    cause,
  });
