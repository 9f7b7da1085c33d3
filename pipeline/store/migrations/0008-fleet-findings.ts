import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What people should look at in the hosts that a control plane finds: findings, as of its last report. */
export const fleetFindings: Migration = {
  async up(db: Kysely<unknown>) {
    await sql
      .raw("ALTER TABLE meshgate.fleet_control_planes ADD COLUMN findings jsonb NOT NULL DEFAULT '[]'")
      .execute(db);
  },
};
