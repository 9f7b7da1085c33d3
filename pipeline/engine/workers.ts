import type { Sql } from './timers.ts';

/** A worker says this often that it is there, and counts as gone when it has not for three times as long. */
export const WORKER_BEAT_MS = 5_000;

export async function workerSeen(db: Sql, id: string, nowEpochMs: number): Promise<void> {
  await db.sql(
    `insert into meshgate.engine_worker (id, seen_epoch_ms) values ($1, $2)
     on conflict (id) do update set seen_epoch_ms = excluded.seen_epoch_ms`,
    [id, nowEpochMs],
  );
}

export async function workerGone(db: Sql, id: string): Promise<void> {
  await db.sql('delete from meshgate.engine_worker where id = $1', [id]);
}

/** Whether anybody runs jobs now, on any machine. */
export async function hasWorker(db: Sql, nowEpochMs: number): Promise<boolean> {
  const rows = await db.sql('select id from meshgate.engine_worker where seen_epoch_ms > $1 limit 1', [
    nowEpochMs - 3 * WORKER_BEAT_MS,
  ]);
  return rows.length > 0;
}
