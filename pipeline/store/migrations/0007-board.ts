import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/*
 * Who is signed in to the board, and an index of the audit log for people who look for something in it: rows by promotion, stage and kind, and the names in them by their
 * beginnings. All of the index follows from the log; who reads writes what is missing, so it may be emptied at any time.
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
  // Who is signed in. Cookies are kept by their hashes alone: who reads the database can sign in as nobody.
  `CREATE TABLE meshgate.board_session (
    family text NOT NULL,
    generation integer NOT NULL,
    secret_hash text PRIMARY KEY,
    identity text NOT NULL,
    name text NOT NULL,
    csrf text NOT NULL,
    begun_ms bigint NOT NULL,
    renewed_ms bigint NOT NULL,
    seen_ms bigint NOT NULL,
    ends_ms bigint NOT NULL,
    UNIQUE (family, generation)
  )`,
  'CREATE INDEX board_session_identity ON meshgate.board_session (identity)',
  'CREATE INDEX board_session_ends ON meshgate.board_session (ends_ms)',
  // Sign-ins under way, each for the browser that began it.
  `CREATE TABLE meshgate.board_sign_in (
    secret_hash text PRIMARY KEY,
    state text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    return_to text NOT NULL,
    ends_ms bigint NOT NULL
  )`,
];

export const board: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
