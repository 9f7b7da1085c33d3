import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { plainText } from '../read/plain-text.ts';
import { hashOfSecret, isSecret, newSecret } from './secrets.ts';

/** Whoever is signed in, until `endsEpochMs` at the latest. */
export type Session = {
  readonly identity: string;
  readonly name: string;
  /** Goes with every POST. */
  readonly csrf: string;
  readonly endsEpochMs: number;
  /** The cookie's new value: this one is old, and will not be good much longer. */
  readonly renewed?: string;
};

export type SessionTimes = {
  /** From sign-in on. Default 12 h: a working day. */
  readonly lastsMs: number;
  /** Without a request. Default 2 h. */
  readonly idleMs: number;
  /** The cookie gets a new value this often. Default 15 min. */
  readonly renewMs: number;
};
export const SESSION_TIMES: SessionTimes = { lastsMs: 12 * 3_600_000, idleMs: 2 * 3_600_000, renewMs: 15 * 60_000 };

/** Requests that were under way with the old value are still heard. */
const OLD_IS_GOOD_MS = 60_000;
/** Being there is noted this often, and not with every request. */
const NOTE_SEEN_MS = 60_000;

/** Sessions live in the store: they outlive a restart, all boards of one store know them, and each can be ended at once. */
export type Sessions = {
  begin(identity: string, name: string): Promise<{ readonly secret: string; readonly endsEpochMs: number }>;
  /** By the cookie; undefined: none that is good. Never `renewed` where `readOnly`. */
  find(secret: string | undefined, options?: { readonly readOnly?: boolean }): Promise<Session | undefined>;
  /** Ends it, whichever of its cookies this is. */
  end(secret: string | undefined): Promise<void>;
  /** Ends all sessions of one identity; resolves with how many people's browsers that were. */
  endAllOf(identity: string): Promise<number>;
};

type Row = {
  readonly family: string;
  readonly generation: number;
  readonly identity: string;
  readonly name: string;
  readonly csrf: string;
  readonly begun_ms: number | string;
  readonly renewed_ms: number | string;
  readonly seen_ms: number | string;
  readonly ends_ms: number | string;
  readonly is_newest: boolean;
};

export function sessions(
  store: Pick<PipelineStore, 'sql'>,
  nowEpochMs: () => number,
  times: SessionTimes = SESSION_TIMES,
): Sessions {
  const insert = async (row: Omit<Row, 'is_newest'>, secret: string): Promise<boolean> => {
    const rows = await store.sql(
      `INSERT INTO meshgate.board_session (family, generation, secret_hash, identity, name, csrf, begun_ms, renewed_ms, seen_ms, ends_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7::bigint, $8::bigint, $9::bigint, $10::bigint) ON CONFLICT DO NOTHING RETURNING family`,
      [
        row.family,
        row.generation,
        hashOfSecret(secret),
        row.identity,
        row.name,
        row.csrf,
        row.begun_ms,
        row.renewed_ms,
        row.seen_ms,
        row.ends_ms,
      ],
    );
    return rows.length > 0;
  };

  /** Of several requests at once, one gives the cookie its new value; the old one is good for a little while. */
  async function renew(row: Row, now: number): Promise<string | undefined> {
    const secret = newSecret();
    const next = { ...row, generation: row.generation + 1, renewed_ms: now, seen_ms: now };
    if (!(await insert(next, secret))) return undefined;
    await store.sql(
      'UPDATE meshgate.board_session SET ends_ms = least(ends_ms, $2::bigint) WHERE family = $1 AND generation <= $3',
      [row.family, now + OLD_IS_GOOD_MS, row.generation],
    );
    return secret;
  }

  return {
    async begin(identity, name) {
      const now = nowEpochMs();
      const secret = newSecret();
      const endsEpochMs = now + times.lastsMs;
      await store.sql('DELETE FROM meshgate.board_session WHERE ends_ms < $1::bigint', [now]);
      await insert(
        {
          family: newSecret(),
          generation: 1,
          identity,
          name: plainText(name).slice(0, 200),
          csrf: newSecret(),
          begun_ms: now,
          renewed_ms: now,
          seen_ms: now,
          ends_ms: endsEpochMs,
        },
        secret,
      );
      return { secret, endsEpochMs };
    },
    async find(secret, { readOnly = false } = {}) {
      if (!isSecret(secret)) return undefined;
      const now = nowEpochMs();
      const [row] = await store.sql<Row>(
        `SELECT s.*, NOT EXISTS (SELECT FROM meshgate.board_session n WHERE n.family = s.family AND n.generation > s.generation) AS is_newest
         FROM meshgate.board_session s WHERE s.secret_hash = $1`,
        [hashOfSecret(secret)],
      );
      if (!row || Number(row.ends_ms) <= now || Number(row.seen_ms) + times.idleMs <= now) return undefined;
      if (now - Number(row.seen_ms) >= NOTE_SEEN_MS)
        await store.sql('UPDATE meshgate.board_session SET seen_ms = $2::bigint WHERE family = $1', [row.family, now]);
      const isOld = row.is_newest && now - Number(row.renewed_ms) >= times.renewMs;
      const renewed = isOld && !readOnly ? await renew(row, now) : undefined;
      const { identity, name, csrf } = row;
      const endsEpochMs = Number(row.begun_ms) + times.lastsMs;
      return { identity, name, csrf, endsEpochMs, ...(renewed === undefined ? {} : { renewed }) };
    },
    async end(secret) {
      if (!isSecret(secret)) return;
      await store.sql(
        `DELETE FROM meshgate.board_session WHERE family IN
         (SELECT family FROM meshgate.board_session WHERE secret_hash = $1)`,
        [hashOfSecret(secret)],
      );
    },
    async endAllOf(identity) {
      const rows = await store.sql<{ family: string }>(
        'DELETE FROM meshgate.board_session WHERE identity = $1 RETURNING family',
        [identity],
      );
      return new Set(rows.map(({ family }) => family)).size;
    },
  };
}
