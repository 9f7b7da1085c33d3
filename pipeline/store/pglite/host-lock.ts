import { DatabaseSync } from 'node:sqlite';

/** Held until it is disposed or the process ends, however it ends. */
export type HostLock = Disposable;

/** Result code of SQLite, `sqlite3.h`: another connection holds the lock. */
const SQLITE_BUSY = 5;

/**
 * Takes the lock of a data directory, or returns undefined when another process (or this one) holds it. The kernel holds it for the
 * process and lets go when that dies, so no lock is ever stale and two holders cannot be: it is SQLite's exclusive lock of an empty
 * database file, as Node has no `flock` of its own. Throws what SQLite throws when the file cannot be written.
 */
export function takeHostLock(file: string): HostLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
