import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { StoreError } from '../../pipeline/store/store-error.ts';
import { BOT_MIGRATIONS } from './migrations.ts';

export type Sql = Pick<PipelineStore, 'sql'>;

/** Of nobody else: the lock is named for these tables. */
const LOCK = 7_160_250_411;

/**
 * Brings the bot's tables up to date; any number of replicas may start at once. Rejects when the database was migrated by a newer
 * Meshgate, or is gone.
 */
export async function migrateBot(store: PipelineStore): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await migrateOnce(store);
    } catch (error) {
      if (!mayBeDone(error) || tries === MOST_TRIES) throw error;
    }
  }
}

const MOST_TRIES = 5;
/** PostgreSQL's codes for what another replica has just made: a table, a schema, a column, a row. */
const MADE_BY_ANOTHER = new Set(['42P07', '42P06', '42701', '42710', '23505']);

/**
 * Whether the next look at the version may find it done: by a commit whose answer was lost, or by another replica. A transaction sees the
 * database as it was when it began, so who waited for the lock does not see what was made meanwhile.
 */
function mayBeDone(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === 'store-outcome-unknown';
  return error instanceof Error && MADE_BY_ANOTHER.has((error as { code?: string }).code ?? '');
}

async function migrateOnce(store: PipelineStore): Promise<void> {
  await store.transact(async (tx) => {
    await tx.sql('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await tx.sql('CREATE TABLE IF NOT EXISTS meshgate.bot_migration (version integer PRIMARY KEY)', []);
    const [row] = await tx.sql<{ version: number | null }>(
      'SELECT max(version) AS version FROM meshgate.bot_migration',
      [],
    );
    const at = Number(row?.version ?? 0);
    const newest = BOT_MIGRATIONS.at(-1)?.version ?? 0;
    if (at > newest)
      throw new Error(`the bot's tables are of version ${at}, and this Meshgate knows ${newest}: start a newer one`);
    for (const { version, statements } of BOT_MIGRATIONS) {
      if (version <= at) continue;
      for (const statement of statements) await tx.sql(statement, []);
      await tx.sql('INSERT INTO meshgate.bot_migration (version) VALUES ($1)', [version]);
    }
  });
}
