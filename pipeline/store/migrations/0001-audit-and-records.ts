import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `CREATE TABLE meshgate.audit (
     seq bigint PRIMARY KEY CHECK (seq > 0),
     at_epoch_ms bigint NOT NULL,
     actor json NOT NULL,
     subject json NOT NULL,
     evidence json NOT NULL,
     tool_version text NOT NULL,
     previous_hash text NOT NULL,
     hash text NOT NULL
   )`,
  `CREATE TABLE meshgate.chain_head (
     id smallint PRIMARY KEY CHECK (id = 1),
     seq bigint NOT NULL,
     at_epoch_ms bigint NOT NULL,
     hash text NOT NULL
   )`,
  `INSERT INTO meshgate.chain_head (id, seq, at_epoch_ms, hash) VALUES (1, 0, 0, repeat('0', 64))`,
  `CREATE FUNCTION meshgate.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     RAISE EXCEPTION 'the audit log is append only: % of meshgate.% is refused', TG_OP, TG_TABLE_NAME;
   END $$`,
  `CREATE FUNCTION meshgate.next_in_chain() RETURNS trigger LANGUAGE plpgsql AS $$
   DECLARE last bigint;
   BEGIN
     SELECT coalesce(max(seq), 0) INTO last FROM meshgate.audit;
     IF NEW.seq <> last + 1 THEN
       RAISE EXCEPTION 'row % of the audit log follows row %: refused', NEW.seq, last;
     END IF;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON meshgate.audit
     FOR EACH STATEMENT EXECUTE FUNCTION meshgate.refuse_change()`,
  `CREATE TRIGGER audit_in_order BEFORE INSERT ON meshgate.audit
     FOR EACH ROW EXECUTE FUNCTION meshgate.next_in_chain()`,
  `CREATE TRIGGER chain_head_stays BEFORE DELETE OR TRUNCATE ON meshgate.chain_head
     FOR EACH STATEMENT EXECUTE FUNCTION meshgate.refuse_change()`,
  `CREATE TABLE meshgate.promotion (
     id text PRIMARY KEY,
     stage text NOT NULL,
     state_kind text NOT NULL,
     terminal boolean NOT NULL,
     version bigint NOT NULL,
     created_seq bigint NOT NULL UNIQUE,
     changed_seq bigint NOT NULL,
     record json NOT NULL
   )`,
  `CREATE INDEX promotion_changed ON meshgate.promotion (changed_seq)`,
  `CREATE INDEX promotion_of_stage ON meshgate.promotion (stage, created_seq)`,
  `CREATE INDEX promotion_open ON meshgate.promotion (created_seq) WHERE NOT terminal`,
  `CREATE TABLE meshgate.stage (
     name text PRIMARY KEY, version bigint NOT NULL, changed_seq bigint NOT NULL, record json NOT NULL
   )`,
  `CREATE TABLE meshgate.line (
     id smallint PRIMARY KEY CHECK (id = 1), version bigint NOT NULL, changed_seq bigint NOT NULL, record json NOT NULL
   )`,
  `CREATE TABLE meshgate.evidence (id text PRIMARY KEY, kind text NOT NULL, body bytea NOT NULL)`,
];

export const auditAndRecords: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
