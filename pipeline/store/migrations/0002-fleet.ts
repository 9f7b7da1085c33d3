import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * What control planes say of themselves, of their nodes, and of the traffic. It is what is, not what was decided, so it is no part of
 * the audit log. `nacks` holds Envoy's words, so U+0000 is taken out of it before it comes here.
 */
const STATEMENTS = [
  `CREATE TABLE meshgate.fleet_control_planes (
    id text PRIMARY KEY,
    stage text NOT NULL,
    served_digest text,
    problem text,
    state_since_ms bigint NOT NULL,
    seen_ms bigint NOT NULL
  )`,
  'CREATE INDEX fleet_control_planes_stage ON meshgate.fleet_control_planes (stage)',
  `CREATE TABLE meshgate.fleet_nodes (
    control_plane text NOT NULL,
    node_id text NOT NULL,
    stage text NOT NULL,
    envoy_version text NOT NULL,
    served_digest text NOT NULL,
    state text NOT NULL,
    nacks jsonb NOT NULL,
    connected_since_ms bigint NOT NULL,
    state_since_ms bigint NOT NULL,
    seen_ms bigint NOT NULL,
    reported_ms bigint NOT NULL,
    PRIMARY KEY (control_plane, node_id)
  )`,
  'CREATE INDEX fleet_nodes_stage ON meshgate.fleet_nodes (stage)',
  `CREATE TABLE meshgate.fleet_traffic (
    stage text NOT NULL,
    from_ms bigint NOT NULL,
    control_plane text NOT NULL,
    to_ms bigint NOT NULL,
    requests bigint NOT NULL,
    failures bigint NOT NULL,
    latency_counts jsonb NOT NULL,
    panic_picks bigint NOT NULL,
    panic_clusters jsonb NOT NULL,
    PRIMARY KEY (stage, from_ms, control_plane)
  )`,
];

export const fleet: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
