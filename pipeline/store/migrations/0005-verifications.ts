import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * Revisions that people had proved without a promotion. Their cells lie beside those of promotions, under the verification's name. No
 * stage changes by them, so they are no facts of the audit log.
 */
const STATEMENTS = [
  `CREATE TABLE meshgate.engine_verification (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision text NOT NULL,
    asked_by text NOT NULL,
    asked_epoch_ms bigint NOT NULL,
    looked_epoch_ms bigint NOT NULL,
    ended_epoch_ms bigint,
    state text NOT NULL,
    verdict text,
    message text,
    findings text NOT NULL
  )`,
  `CREATE INDEX engine_verification_open ON meshgate.engine_verification (number) WHERE state <> 'ended'`,
  `CREATE TABLE meshgate.engine_verification_stage (
    number bigint NOT NULL REFERENCES meshgate.engine_verification ON DELETE CASCADE,
    place integer NOT NULL,
    stage text NOT NULL,
    digest text,
    base_digest text,
    findings text NOT NULL,
    PRIMARY KEY (number, stage)
  )`,
];

export const verifications: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
