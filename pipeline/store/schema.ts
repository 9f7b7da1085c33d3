import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';

/**
 * The tables of the schema `meshgate`, as queries see them. Documents are of type `json`, which keeps the text byte for byte: `jsonb`
 * refuses U+0000 and lone surrogates, which hostile text may hold, and writes numbers anew.
 */
export type Tables = {
  audit: {
    seq: number;
    at_epoch_ms: number;
    actor: string;
    subject: string;
    evidence: string;
    tool_version: string;
    previous_hash: string;
    hash: string;
  };
  /** One row: the last of the audit log. Who appends locks it first. */
  chain_head: { id: number; seq: number; at_epoch_ms: number; hash: string };
  promotion: {
    id: string;
    stage: string;
    state_kind: string;
    terminal: boolean;
    version: number;
    /** `seq` of its first and of its latest row in the audit log. */
    created_seq: number;
    changed_seq: number;
    record: string;
  };
  stage: { name: string; version: number; changed_seq: number; record: string };
  line: { id: number; version: number; changed_seq: number; record: string };
  evidence: { id: string; kind: string; body: Buffer };
};

/** Builds queries; runs none. */
export const queries: Kysely<Tables> = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}).withSchema('meshgate');
