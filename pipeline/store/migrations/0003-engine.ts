import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * What the engine keeps beside the audit log: work that is under way and documents by digest. None of it decides anything that the
 * log does not tell; without it, cells are run again and snapshots rendered again.
 */
const STATEMENTS = [
  // One cell of one promotion's matrix: what was found out is not found out again after a crash.
  `CREATE TABLE meshgate.engine_cell (
    promotion text NOT NULL,
    digest text NOT NULL,
    base_digest text NOT NULL,
    envoy text NOT NULL,
    place integer NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    claimed_epoch_ms bigint NOT NULL,
    claim text NOT NULL,
    verdict text,
    cached boolean NOT NULL,
    basis text,
    message text,
    report text,
    PRIMARY KEY (promotion, digest, base_digest, envoy)
  )`,
  // The snapshot of each digest that was planned or found live in a stage.
  `CREATE TABLE meshgate.engine_snapshot (
    stage text NOT NULL,
    digest text NOT NULL,
    evidence text NOT NULL,
    PRIMARY KEY (stage, digest)
  )`,
  // The latest pass of each digest.
  `CREATE TABLE meshgate.engine_verdict (
    stage text NOT NULL,
    digest text NOT NULL,
    at_epoch_ms bigint NOT NULL,
    record text NOT NULL,
    PRIMARY KEY (stage, digest)
  )`,
  // What each approval was asked for, to say what has changed since.
  `CREATE TABLE meshgate.engine_binding (
    promotion text NOT NULL,
    binding text NOT NULL,
    bound text NOT NULL,
    PRIMARY KEY (promotion, binding)
  )`,
  // What a named request was answered, for a face that died before it could say so.
  `CREATE TABLE meshgate.engine_request (
    request text PRIMARY KEY,
    at_epoch_ms bigint NOT NULL,
    answer text NOT NULL
  )`,
  // How often a step of a promotion could not be done, in a row.
  `CREATE TABLE meshgate.engine_attempt (
    promotion text NOT NULL,
    version bigint NOT NULL,
    attempts integer NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (promotion, version)
  )`,
  // When somebody looks at an open promotion next.
  `CREATE TABLE meshgate.engine_timer (
    promotion text PRIMARY KEY,
    version bigint NOT NULL,
    at_epoch_ms bigint NOT NULL
  )`,
  'CREATE SEQUENCE meshgate.engine_progress_seq',
  // The newest line of progress of each promotion.
  `CREATE TABLE meshgate.engine_progress (
    promotion text PRIMARY KEY,
    line text NOT NULL,
    seq bigint NOT NULL UNIQUE
  )`,
];

export const engine: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
