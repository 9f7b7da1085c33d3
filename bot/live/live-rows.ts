import type { Sql } from '../store/migrate.ts';
import type { KeyedNote, Note } from './note.ts';

/** The message of one promotion or verification, as one replica has it to itself until its lease ends. */
export type LiveRow = {
  readonly subject: string;
  readonly channel: string;
  /** The thread that it was asked for in. */
  readonly threadTs: string | undefined;
  readonly token: string;
  /** Set once the root message is known to be there. */
  readonly ts: string | undefined;
  /** A post of the root was begun at that time, and nobody knows how it ended. */
  readonly attemptedEpochMs: number | undefined;
  readonly renderedHash: string | undefined;
  readonly renderedVersion: number;
  readonly editedEpochMs: number;
  /** An earlier edit may still arrive at Slack after later ones. */
  readonly uncertain: boolean;
  readonly failures: number;
};
export type OpenNote = {
  readonly id: number;
  readonly key: string;
  readonly note: Note;
  readonly attemptedEpochMs: number | undefined;
  /** What goes as a file beside it is posted. */
  readonly hasFile: boolean;
};

/** What a pass over a row came to. */
export type LiveUpdate = Partial<
  Pick<LiveRow, 'renderedHash' | 'renderedVersion' | 'editedEpochMs' | 'uncertain' | 'failures'>
> & {
  readonly ts?: string | null;
  readonly channel?: string;
  readonly threadTs?: string | null;
  readonly attemptedEpochMs?: number | null;
};

type RawRow = {
  subject: string;
  channel: string;
  thread_ts: string | null;
  ts: string | null;
  attempted_epoch_ms: number | string | null;
  rendered_version: number | string;
  rendered_hash: string | null;
  edited_epoch_ms: number | string;
  uncertain: boolean;
  failures: number;
};

const IN_MS = (param: string): string => `clock_timestamp() + ${param}::double precision * interval '1 millisecond'`;
const numberOr = (value: number | string | null): number | undefined => (value === null ? undefined : Number(value));

/** Adds a subject, or wakes it: something happened to it. */
export async function wake({ sql }: Sql, subject: string, stage: string, channel: string): Promise<void> {
  await sql(
    `INSERT INTO meshgate.bot_live (subject, stage, channel, look_at, pause_until, lease_until)
     VALUES ($1, $2, $3, '-infinity', '-infinity', '-infinity')
     ON CONFLICT (subject) DO UPDATE SET settled = false, look_at = '-infinity'`,
    [subject, stage, channel],
  );
}

/** A message that stands where somebody asked for it. */
export async function wakeAt(
  { sql }: Sql,
  subject: string,
  { channel, threadTs }: { readonly channel: string; readonly threadTs: string | undefined },
): Promise<void> {
  await sql(
    `INSERT INTO meshgate.bot_live (subject, stage, channel, thread_ts, look_at, pause_until, lease_until)
     VALUES ($1, '', $2, $3, '-infinity', '-infinity', '-infinity')
     ON CONFLICT (subject) DO UPDATE SET settled = false, look_at = '-infinity'`,
    [subject, channel, threadTs ?? null],
  );
}

/** The settled messages of a stage are looked at again: what is live has moved, and with it the right to take it back. */
export async function wakeStage({ sql }: Sql, stage: string): Promise<void> {
  await sql(`UPDATE meshgate.bot_live SET settled = false, look_at = '-infinity' WHERE stage = $1 AND ts IS NOT NULL`, [
    stage,
  ]);
}

/** A key that is there already changes nothing: each is posted once. */
export async function addNote({ sql }: Sql, { key, subject, note }: KeyedNote): Promise<void> {
  await sql('INSERT INTO meshgate.bot_note (key, subject, body) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING', [
    key,
    subject,
    JSON.stringify(note),
  ]);
}

export type LiveRows = {
  /** Takes what is due; nobody else gets it until the lease ends or `finish` gives it back. */
  claim(limit: number): Promise<readonly LiveRow[]>;
  /** Stores what was found out, and renews the lease. False: it was lost, and nothing is stored. */
  update(row: LiveRow, change: LiveUpdate): Promise<boolean>;
  /**
   * Gives it back. `lookAfterMs`: when to compare again; `pauseMs`: not before, whatever happens meanwhile; `settled`: not again until
   * something wakes it.
   */
  finish(
    row: LiveRow,
    next: { readonly lookAfterMs: number; readonly pauseMs: number; readonly settled: boolean },
  ): Promise<void>;
  notes(row: LiveRow): Promise<readonly OpenNote[]>;
  noteAttempted(row: LiveRow, note: OpenNote, atEpochMs: number | undefined): Promise<boolean>;
  noteHasFile(note: OpenNote): Promise<void>;
  notePosted(note: OpenNote, ts: string): Promise<void>;
  /** Slack will never take it. */
  noteGivenUp(note: OpenNote, why: string): Promise<void>;
};

export function liveRows(store: Sql, replica: string, leaseMs: number): LiveRows {
  let claims = 0;
  const held = 'subject = $1 AND token = $2 AND lease_until > clock_timestamp()';
  return {
    async claim(limit) {
      claims += 1;
      const token = `${replica}/${claims}`;
      const rows = await store.sql<RawRow>(
        `UPDATE meshgate.bot_live SET token = $1, lease_until = ${IN_MS('$2')}, look_at = ${IN_MS('$2')} WHERE subject IN (
           SELECT subject FROM meshgate.bot_live
           WHERE NOT settled AND look_at <= clock_timestamp() AND pause_until <= clock_timestamp()
             AND lease_until < clock_timestamp()
           ORDER BY look_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING subject, channel, thread_ts, ts, attempted_epoch_ms, rendered_version, rendered_hash, edited_epoch_ms, uncertain, failures`,
        [token, leaseMs, limit],
      );
      return rows.map((row) => ({
        subject: row.subject,
        channel: row.channel,
        threadTs: row.thread_ts ?? undefined,
        token,
        ts: row.ts ?? undefined,
        attemptedEpochMs: numberOr(row.attempted_epoch_ms),
        renderedHash: row.rendered_hash ?? undefined,
        renderedVersion: Number(row.rendered_version),
        editedEpochMs: Number(row.edited_epoch_ms),
        uncertain: row.uncertain,
        failures: row.failures,
      }));
    },
    async update({ subject, token }, change) {
      const columns = Object.entries(change).map(([name, value], index) => ({
        set: `${COLUMNS[name as keyof LiveUpdate]} = $${index + 4}`,
        value,
      }));
      const rows = await store.sql(
        `UPDATE meshgate.bot_live SET lease_until = ${IN_MS('$3')}, ${columns.map(({ set }) => set).join(', ')}
         WHERE ${held} RETURNING subject`,
        [subject, token, leaseMs, ...columns.map(({ value }) => value ?? null)],
      );
      return rows.length > 0;
    },
    async finish({ subject, token }, { lookAfterMs, pauseMs, settled }) {
      // What woke it while it was held set `look_at` to the past: that stays.
      await store.sql(
        `UPDATE meshgate.bot_live SET lease_until = '-infinity', token = NULL, pause_until = ${IN_MS('$4')},
           settled = $5 AND look_at <> '-infinity',
           look_at = CASE WHEN look_at = '-infinity' THEN look_at ELSE ${IN_MS('$3')} END
         WHERE subject = $1 AND token = $2`,
        [subject, token, lookAfterMs, pauseMs, settled],
      );
    },
    async notes({ subject }) {
      const rows = await store.sql<{
        id: number | string;
        key: string;
        body: string;
        attempted_epoch_ms: number | string | null;
        has_file: boolean;
      }>(
        `SELECT id, key, body, attempted_epoch_ms, has_file FROM meshgate.bot_note
         WHERE subject = $1 AND posted_ts IS NULL AND given_up IS NULL ORDER BY id LIMIT 50`,
        [subject],
      );
      return rows.map(({ id, key, body, attempted_epoch_ms, has_file }) => ({
        id: Number(id),
        key,
        note: JSON.parse(body) as Note,
        attemptedEpochMs: numberOr(attempted_epoch_ms),
        hasFile: has_file,
      }));
    },
    async noteAttempted({ subject, token }, { id }, atEpochMs) {
      const rows = await store.sql(
        `WITH mine AS (UPDATE meshgate.bot_live SET lease_until = ${IN_MS('$5')} WHERE ${held} RETURNING subject)
         UPDATE meshgate.bot_note SET attempted_epoch_ms = $3 FROM mine
         WHERE bot_note.subject = mine.subject AND id = $4 AND posted_ts IS NULL RETURNING id`,
        [subject, token, atEpochMs ?? null, id, leaseMs],
      );
      return rows.length > 0;
    },
    async noteHasFile({ id }) {
      await store.sql('UPDATE meshgate.bot_note SET has_file = true WHERE id = $1', [id]);
    },
    async notePosted({ id }, ts) {
      await store.sql('UPDATE meshgate.bot_note SET posted_ts = $2 WHERE id = $1', [id, ts]);
    },
    async noteGivenUp({ id }, why) {
      await store.sql('UPDATE meshgate.bot_note SET given_up = $2 WHERE id = $1', [id, why]);
    },
  };
}

const COLUMNS: Readonly<Record<keyof LiveUpdate, string>> = {
  ts: 'ts',
  channel: 'channel',
  threadTs: 'thread_ts',
  attemptedEpochMs: 'attempted_epoch_ms',
  renderedHash: 'rendered_hash',
  renderedVersion: 'rendered_version',
  editedEpochMs: 'edited_epoch_ms',
  uncertain: 'uncertain',
  failures: 'failures',
};
