import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Who runs jobs: so that a person whose command was taken is told when nobody will do it. */
export const workers: Migration = {
  async up(db: Kysely<unknown>) {
    await sql
      .raw('CREATE TABLE meshgate.engine_worker (id text PRIMARY KEY, seen_epoch_ms bigint NOT NULL)')
      .execute(db);
  },
};
