import type { PgBoss } from 'pg-boss';
import type { Connections } from '../connections.ts';
import type { JobKind } from '../job.ts';
import { JOBS_SCHEMA } from './job-queue.ts';

/** One run of a job. The next run of the same job has a higher `retryCount`, so what a stalled worker says late is not heard. */
export type Attempt = { readonly id: string; readonly retryCount: number };

/**
 * pg-boss takes no heartbeat below 10 s, and a job whose worker was killed must go on within 5 s. So runners renew what they hold
 * (pg-boss `touch`, fenced by the attempt) and give back (pg-boss `fail`, fenced too) what nobody renews. After `kill -9` a job is free
 * again at the latest after `LOST_AFTER_MS` and two rounds, which is 2.8 s.
 */
export const LEASE_ROUND_MS = 400;
const LOST_AFTER_MS = 2_000;

/** Renews one attempt. Resolves with false when it is no longer ours. */
export async function renew(boss: PgBoss, kind: JobKind, attempt: Attempt): Promise<boolean> {
  return affectedBy(await boss.touch(kind, attempt)) > 0;
}

/** Resolves with false when the attempt was not ours any more: nothing is changed then. */
export const complete = async (boss: PgBoss, kind: JobKind, attempt: Attempt): Promise<boolean> =>
  affectedBy(await boss.complete(kind, attempt as never)) > 0;
export const fail = async (boss: PgBoss, kind: JobKind, attempt: Attempt, message: string): Promise<boolean> =>
  affectedBy(await boss.fail(kind, attempt as never, { message })) > 0;

/** The type is empty in pg-boss 12; https://pgboss.io/api/jobs has the members. */
const affectedBy = (response: unknown): number => (response as { readonly affected: number }).affected;

type Active = { readonly id: string; readonly name: JobKind; readonly retry_count: number; readonly renewed: string };
type Seen = { readonly renewed: string; readonly sinceMs: number };

/**
 * Looks for jobs that nobody renews. It goes by how long this process saw the same renewal, on its own monotonic clock: clocks that jump
 * or differ, and a database that was away (when nobody could renew), take no job from anybody.
 */
export function lostJobs(boss: PgBoss, connections: Connections, nowMs: () => number) {
  let seen = new Map<string, Seen>();
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  return {
    /** Gives back what is lost; resolves with the number of jobs. */
    async look(kinds: readonly JobKind[]): Promise<number> {
      const rows = await connections.use((connection) => connection.sql<Active>(ACTIVE, [kinds]));
      const atMs = nowMs();
      // This process stood still, or could not look: others may have been as unlucky, so all get their time anew.
      if (atMs - lookedAtMs > 2 * LEASE_ROUND_MS + 200) seen = new Map();
      lookedAtMs = atMs;
      const before = seen;
      seen = new Map();
      let given = 0;
      for (const { id, name, retry_count: retryCount, renewed } of rows) {
        const key = `${id} ${retryCount}`;
        const last = before.get(key);
        const sinceMs = last?.renewed === renewed ? last.sinceMs : atMs;
        if (atMs - sinceMs < LOST_AFTER_MS) seen.set(key, { renewed, sinceMs });
        else if (await fail(boss, name, { id, retryCount }, 'its worker died or stood still')) {
          given++;
          await boss.update(name, undefined, { id, startAfter: 0 }); // it did nothing wrong: no back-off
        }
      }
      return given;
    },
  };
}

const ACTIVE = `SELECT id::text, name, retry_count, heartbeat_on::text AS renewed FROM ${JOBS_SCHEMA}.job
  WHERE state = 'active' AND name = ANY($1::text[])`;
