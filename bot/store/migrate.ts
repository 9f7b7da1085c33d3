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
      // Whether it was stored or not: the next look at the version tells.
      if (!(error instanceof StoreError) || error.code !== 'store-outcome-unknown' || tries === MOST_TRIES) throw error;
    }
  }
}

const MOST_TRIES = 5;

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
