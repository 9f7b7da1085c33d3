import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * The ramps of hosts, for control planes that share them: what is served of each cluster, and what each control plane says of it. `told` is
 * the database's clock: theirs may differ.
 */
const STATEMENTS = [
  `CREATE TABLE meshgate.ramp (
    stage text NOT NULL,
    cluster text NOT NULL,
    version bigint NOT NULL,
    kept jsonb NOT NULL,
    PRIMARY KEY (stage, cluster)
  )`,
  `CREATE TABLE meshgate.ramp_view (
    stage text NOT NULL,
    control_plane text NOT NULL,
    views jsonb NOT NULL,
    told timestamptz NOT NULL,
    PRIMARY KEY (stage, control_plane)
  )`,
];

export const ramps: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
