import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type pg from 'pg';
import { auditAndRecords } from './migrations/0001-audit-and-records.ts';
import { fleet } from './migrations/0002-fleet.ts';
import { engine } from './migrations/0003-engine.ts';
import { workers } from './migrations/0004-workers.ts';
import { verifications } from './migrations/0005-verifications.ts';
import { serviceMap } from './migrations/0006-service-map.ts';
import { board } from './migrations/0007-board.ts';
import { fleetFindings } from './migrations/0008-fleet-findings.ts';
import { ramps } from './migrations/0009-ramps.ts';
import { StoreError } from './store-error.ts';

/** Every step of the schema, in order. A step that was ever released is never changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-audit-and-records': auditAndRecords,
  '0002-fleet': fleet,
  '0003-engine': engine,
  '0004-workers': workers,
  '0005-verifications': verifications,
  '0006-service-map': serviceMap,
  '0007-board': board,
  '0008-fleet-findings': fleetFindings,
  '0009-ramps': ramps,
};

/**
 * Brings the schema `meshgate` up to what this tool knows: all steps in one transaction, under a lock of that transaction, so that of
 * several processes one does it and the others find it done. Rejects with `StoreError` `store-newer` when the schema has steps that this tool
 * does not know.
 */
export async function migrate(pool: pg.Pool): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableSchema: 'meshgate',
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // Kysely's words for a step that was applied and is not among ours.
  const unknown = /previously executed migration (\S+) is missing/.exec(String(error))?.[1];
  if (unknown !== undefined)
    throw new StoreError(
      'store-newer',
      `the database has the schema step ${unknown}, which this Meshgate does not know: use the version that made it, or a newer one`,
      { cause: error },
    );
  throw error;
}
