import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * An index of the audit log for people who look for something in it: rows by promotion, stage and kind, and the names in them by their
 * beginnings. All of it follows from the log; who reads writes what is missing, so it may be emptied at any time.
 */
const STATEMENTS = [
  `CREATE TABLE meshgate.board_row (
    seq bigint PRIMARY KEY,
    at_epoch_ms bigint NOT NULL,
    stage text,
    promotion text,
    kind text NOT NULL
  )`,
  'CREATE INDEX board_row_promotion ON meshgate.board_row (promotion, seq)',
  'CREATE INDEX board_row_stage ON meshgate.board_row (stage, seq)',
  // In the order of bytes, so that the beginning of a name is a range.
  `CREATE TABLE meshgate.board_term (
    scope text NOT NULL,
    term text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (scope, term, seq)
  )`,
];

export const board: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
