import { randomUUID } from 'node:crypto';
import { type Db, PgBoss } from 'pg-boss';
import type { Connection, Connections } from '../connections.ts';
import { JOB_KINDS, type Job } from '../job.ts';
import type { StoreLocation } from '../store-location.ts';

/** The way into pg-boss: one for each open store. */
export type JobQueue = AsyncDisposable & {
  readonly boss: PgBoss;
  /** Inside the transaction of that connection. */
  send(
    connection: Connection,
    job: Job,
    options?: { readonly atEpochMs?: number; readonly key?: string },
  ): Promise<void>;
  /** Tells the runners of this process that there may be something to do. */
  wake(): void;
  /** Calls `listener` on each `wake`, until the returned function is called. */
  onWake(listener: () => void): () => void;
};

export const JOBS_SCHEMA = 'meshgate_jobs';
const DAY_S = 86_400;

/** `short`: one of a key waits, while any number run. */
const QUEUE = {
  policy: 'short',
  retryLimit: 12,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  // Handlers are bounded by their leases; this is only what nobody renews any more.
  expireInSeconds: DAY_S - 1,
  retentionSeconds: 30 * DAY_S,
  deleteAfterSeconds: DAY_S,
};

/** Installs or updates pg-boss in the schema `meshgate_jobs`, under its own lock. Rejects as `pg` does. */
export async function openJobQueue(connections: Connections, kind: StoreLocation['kind']): Promise<JobQueue> {
  const boss = new PgBoss({
    db: executor((work) => connections.use(work)),
    schema: JOBS_SCHEMA,
    backend: kind === 'pglite' ? 'pglite' : 'postgres',
    supervise: false,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', () => {}); // each call rejects as well
  await boss.start();
  const known = new Set((await boss.getQueues()).map(({ name }) => name));
  for (const name of JOB_KINDS) if (!known.has(name)) await boss.createQueue(name, QUEUE);
  await boss.getQueues();
  const listeners = new Set<() => void>();
  return {
    boss,
    async send(connection, job, { atEpochMs, key } = {}) {
      await boss.send(job.kind, job, {
        singletonKey: key ?? randomUUID(),
        ...(atEpochMs === undefined ? {} : { startAfter: new Date(atEpochMs) }),
        db: executor((work) => work(connection)),
      });
    },
    wake() {
      for (const listener of listeners) listener();
    },
    onWake(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: false });
    },
  };
}

const executor = (
  lend: (work: (connection: Connection) => Promise<{ rows: unknown[] }>) => Promise<{ rows: unknown[] }>,
): Db => ({ executeSql: (text, values) => lend((connection) => connection.plain(text, values)) });
