import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * What control planes saw services say to each other, in windows of a minute. Each control plane writes rows of its own, and writes the
 * window that is under way again and again: `reported_ms` tells which of two writes is the newer one.
 */
const STATEMENTS = [
  `CREATE TABLE meshgate.fleet_edge (
    stage text NOT NULL,
    from_ms bigint NOT NULL,
    control_plane text NOT NULL,
    source text NOT NULL,
    destination text NOT NULL,
    reporter text NOT NULL,
    to_ms bigint NOT NULL,
    reported_ms bigint NOT NULL,
    requests bigint NOT NULL,
    failures bigint NOT NULL,
    latency_counts bigint[] NOT NULL,
    retries bigint NOT NULL,
    timeouts bigint NOT NULL,
    connections bigint NOT NULL,
    connection_failures bigint NOT NULL,
    bytes_sent bigint NOT NULL,
    bytes_received bigint NOT NULL,
    PRIMARY KEY (stage, from_ms, control_plane, source, destination, reporter)
  )`,
  'CREATE INDEX fleet_edge_age ON meshgate.fleet_edge (to_ms)',
];

export const serviceMap: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
