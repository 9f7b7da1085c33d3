import { randomUUID } from 'node:crypto';
import { type Db, PgBoss } from 'pg-boss';
import type { Connection, Connections } from '../connections.ts';
import { JOB_KINDS, type Job } from '../job.ts';
import type { StoreLocation } from '../store-location.ts';

/** The way into pg-boss: one for each open store. */
export type JobQueue = AsyncDisposable & {
  readonly boss: PgBoss;
  /** Inside the transaction of that connection. `nowEpochMs` is what the caller's clock says now, as the database has its own. */
  send(
    connection: Connection,
    nowEpochMs: number,
    job: Job,
    options?: { readonly atEpochMs?: number; readonly key?: string },
  ): Promise<void>;
  /** Tells the runners of this process that there may be something to do. */
  wake(): void;
  /** Calls `listener` on each `wake`, until the returned function is called. */
  onWake(listener: () => void): () => void;
};

export const JOBS_SCHEMA = 'meshgate_jobs';
/** Where jobs end up whose every attempt failed. Nobody takes them from there; people look at them. */
export const DEAD_JOBS = 'dead';
const DAY_S = 86_400;

/**
 * `short`: one of a key waits, while any number run. What is done says nothing any more and goes soon, so that the table stays small.
 * Attempts are 1 to 60 s apart: 12 of them are about 7 minutes.
 */
const QUEUE = {
  policy: 'short',
  retryLimit: 12,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  // Who holds a job renews its lease (see `leases.ts`); this is the end of one that is renewed for ever.
  expireInSeconds: DAY_S - 1,
  retentionSeconds: 60 * DAY_S,
  deleteAfterSeconds: 300,
  deadLetter: DEAD_JOBS,
};
const DEAD_QUEUE = { policy: 'standard', retentionSeconds: 30 * DAY_S, deleteAfterSeconds: DAY_S };
/** How often what is done is removed, and by whichever runner comes first. */
const MAINTENANCE_S = 60;

/** Installs or updates pg-boss in the schema `meshgate_jobs`, under its own lock. Rejects as `pg` does. */
export async function openJobQueue(connections: Connections, kind: StoreLocation['kind']): Promise<JobQueue> {
  const boss = new PgBoss({
    db: executor((work) => connections.use(work)),
    schema: JOBS_SCHEMA,
    backend: kind === 'pglite' ? 'pglite' : 'postgres',
    // Runners call `supervise` themselves: a process that only sends has no timers of pg-boss.
    supervise: false,
    schedule: false,
    registerInstance: false,
    maintenanceIntervalSeconds: MAINTENANCE_S,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', () => {}); // each call rejects as well
  await boss.start();
  await makeQueues(boss);
  const listeners = new Set<() => void>();
  return {
    boss,
    async send(connection, nowEpochMs, job, { atEpochMs, key } = {}) {
      const db = executor((work) => work(connection));
      const waitMs = Math.max(0, Math.ceil((atEpochMs ?? nowEpochMs) - nowEpochMs));
      const startAfter = waitMs === 0 ? {} : { startAfter: `${waitMs} milliseconds` };
      const sent = await boss.send(job.kind, job, { singletonKey: key ?? randomUUID(), ...startAfter, db });
      if (sent !== null || key === undefined) return;
      // One of that key waits already: it runs at the earlier of the two times.
      const [database] = await connection.sql<{ now: Date }>('SELECT now()', []);
      const startAtMs = (database?.now.getTime() ?? 0) + waitMs;
      for (const { id, startAfter: waitsUntil } of await boss.findJobs(job.kind, { key, queued: true, db }))
        if (waitsUntil.getTime() > startAtMs)
          await boss.update(job.kind, undefined, { id, startAfter: new Date(startAtMs), db });
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

async function makeQueues(boss: PgBoss): Promise<void> {
  // Read all at once, and kept: inside a transaction of an embedded store, a look at the queues would wait for that very transaction.
  const known = new Set((await boss.getQueues()).map(({ name }) => name));
  if (!known.has(DEAD_JOBS)) await boss.createQueue(DEAD_JOBS, DEAD_QUEUE);
  for (const name of JOB_KINDS) if (!known.has(name)) await boss.createQueue(name, QUEUE);
}

const executor = (
  lend: (work: (connection: Connection) => Promise<{ rows: unknown[] }>) => Promise<{ rows: unknown[] }>,
): Db => ({ executeSql: (text, values) => lend((connection) => connection.plain(text, values)) });
