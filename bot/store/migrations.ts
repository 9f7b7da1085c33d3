/** One step of the bot's own tables. A step that was ever released is never changed: what comes later is a new one. */
export type BotMigration = { readonly version: number; readonly statements: readonly string[] };

export const BOT_MIGRATIONS: readonly BotMigration[] = [
  {
    version: 1,
    statements: [
      // What people did in Slack, until it is done. `click_key` is the same for the same click made twice.
      `CREATE TABLE meshgate.bot_inbox (
         key text PRIMARY KEY,
         click_key text,
         body text NOT NULL,
         received_at timestamptz NOT NULL,
         received_epoch_ms bigint NOT NULL,
         answer text,
         attempts integer NOT NULL DEFAULT 0,
         token text,
         lease_until timestamptz NOT NULL,
         done_at timestamptz
       )`,
      'CREATE UNIQUE INDEX bot_inbox_one_click ON meshgate.bot_inbox (click_key) WHERE done_at IS NULL',
      'CREATE INDEX bot_inbox_clicks ON meshgate.bot_inbox (click_key)',
      'CREATE INDEX bot_inbox_open ON meshgate.bot_inbox (received_at) WHERE done_at IS NULL',
      'CREATE INDEX bot_inbox_done ON meshgate.bot_inbox (done_at)',
      // Signatures of requests that were taken: each of them once.
      'CREATE TABLE meshgate.bot_signature (signature text PRIMARY KEY, seen_at timestamptz NOT NULL)',
      'CREATE INDEX bot_signature_age ON meshgate.bot_signature (seen_at)',
      // One row for each promotion's message. `attempted_epoch_ms`: a post was begun whose outcome nobody has told.
      `CREATE TABLE meshgate.bot_live (
         subject text PRIMARY KEY,
         stage text NOT NULL,
         channel text NOT NULL,
         ts text,
         attempted_epoch_ms bigint,
         rendered_version bigint NOT NULL DEFAULT 0,
         rendered_hash text,
         edited_epoch_ms bigint NOT NULL DEFAULT 0,
         uncertain boolean NOT NULL DEFAULT false,
         settled boolean NOT NULL DEFAULT false,
         failures integer NOT NULL DEFAULT 0,
         look_at timestamptz NOT NULL,
         pause_until timestamptz NOT NULL,
         token text,
         lease_until timestamptz NOT NULL
       )`,
      'CREATE INDEX bot_live_due ON meshgate.bot_live (look_at) WHERE NOT settled',
      'CREATE INDEX bot_live_stage ON meshgate.bot_live (stage)',
      // What is posted once: into the thread of its subject, in the order of `id`.
      `CREATE TABLE meshgate.bot_note (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         key text NOT NULL UNIQUE,
         subject text NOT NULL,
         body text NOT NULL,
         attempted_epoch_ms bigint,
         posted_ts text,
         given_up text
       )`,
      'CREATE INDEX bot_note_open ON meshgate.bot_note (subject, id) WHERE posted_ts IS NULL AND given_up IS NULL',
      'CREATE TABLE meshgate.bot_cursor (name text PRIMARY KEY, seq bigint NOT NULL)',
    ],
  },
  {
    version: 2,
    // The message of a verification stands where it was asked for, which may be in a thread.
    statements: ['ALTER TABLE meshgate.bot_live ADD COLUMN thread_ts text'],
  },
  {
    version: 3,
    // The file beside a note is there: a note that has to be posted again does not bring a second one.
    statements: ['ALTER TABLE meshgate.bot_note ADD COLUMN has_file boolean NOT NULL DEFAULT false'],
  },
];
