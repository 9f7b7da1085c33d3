import { firstsOf, gathered } from '../store/gathered.ts';
import type { Sql } from '../store/migrate.ts';
import type { InboxItem } from './inbox-item.ts';

/** A stored item that one replica has to itself until its lease ends. */
export type Claimed = {
  readonly key: string;
  readonly token: string;
  readonly item: InboxItem;
  readonly receivedEpochMs: number;
  readonly ageMs: number;
  /** 1 for the first time. */
  readonly attempt: number;
  /** What is to be answered, where the work itself is done already. */
  readonly answer: string | undefined;
};

export type InboxOptions = { readonly leaseMs: number; readonly doubleClickMs: number };

/** Done items are kept for so long, so that late deliveries are still known: Slack's last retry comes after five minutes. */
const KEEP_HOURS = 24;

/**
 * What people did in Slack, stored before it is acknowledged and done once, by whichever replica comes first. Times are the database's,
 * so that replicas whose clocks differ agree on leases.
 */
export type Inbox = {
  /** Resolves once it is durable; false: it is there already. Rejects when the database is gone, and then nothing was taken. */
  take(item: InboxItem, nowEpochMs: number): Promise<boolean>;
  claim(limit: number): Promise<readonly Claimed[]>;
  /** False: the lease was lost, and another replica goes on. */
  renew(claimed: Claimed): Promise<boolean>;
  answered(claimed: Claimed, answer: string): Promise<boolean>;
  done(claimed: Claimed): Promise<boolean>;
  /** Gives it back, to be done at the earliest after `afterMs`. */
  release(claimed: Claimed, afterMs: number): Promise<void>;
  forgetOld(): Promise<void>;
  open(): Promise<number>;
};

type Row = {
  key: string;
  body: string;
  received_epoch_ms: number | string;
  age_ms: number | string;
  attempts: number;
  answer: string | null;
};

export function openInbox(store: Sql, replica: string, { leaseMs, doubleClickMs }: InboxOptions): Inbox {
  let claims = 0;
  const changed = async (query: string, params: readonly unknown[]): Promise<boolean> =>
    (await store.sql(`${query} RETURNING key`, params)).length > 0;
  const take = gathered<{ readonly item: InboxItem; readonly nowEpochMs: number }, boolean>(async (all) => {
    const keys = all.map(({ item }) => item.key);
    const stored = await store.sql<{ key: string }>(
      `INSERT INTO meshgate.bot_inbox (key, click_key, body, received_at, received_epoch_ms, lease_until)
       SELECT new.key, new.click_key, new.body, clock_timestamp(), new.received_epoch_ms, '-infinity'
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS new (key, click_key, body, received_epoch_ms)
       WHERE NOT EXISTS (
         SELECT 1 FROM meshgate.bot_inbox AS old WHERE old.click_key = new.click_key
           AND (old.done_at IS NULL OR old.received_at > clock_timestamp() - $5::double precision * interval '1 millisecond'))
       ON CONFLICT DO NOTHING RETURNING key`,
      [
        keys,
        all.map(({ item }) => item.clickKey ?? null),
        all.map(({ item: { key: _, clickKey: __, ...rest } }) => JSON.stringify(rest)),
        all.map(({ nowEpochMs }) => nowEpochMs),
        doubleClickMs,
      ],
    );
    return firstsOf(
      keys,
      stored.map(({ key }) => key),
    );
  });
  return {
    take: (item, nowEpochMs) => take({ item, nowEpochMs }),
    async claim(limit) {
      claims += 1;
      const token = `${replica}/${claims}`;
      const rows = await store.sql<Row>(
        `UPDATE meshgate.bot_inbox SET token = $1, attempts = attempts + 1,
           lease_until = clock_timestamp() + $2::double precision * interval '1 millisecond'
         WHERE key IN (
           SELECT key FROM meshgate.bot_inbox WHERE done_at IS NULL AND lease_until < clock_timestamp()
           ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING key, body, received_epoch_ms, attempts, answer,
           extract(epoch FROM clock_timestamp() - received_at) * 1000 AS age_ms`,
        [token, leaseMs, limit],
      );
      return rows.map((row) => ({
        key: row.key,
        token,
        item: { ...(JSON.parse(row.body) as Omit<InboxItem, 'key' | 'clickKey'>), key: row.key, clickKey: undefined },
        receivedEpochMs: Number(row.received_epoch_ms),
        ageMs: Number(row.age_ms),
        attempt: row.attempts,
        answer: row.answer ?? undefined,
      }));
    },
    renew: ({ key, token }) =>
      changed(
        `UPDATE meshgate.bot_inbox SET lease_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
         WHERE key = $1 AND token = $2 AND done_at IS NULL AND lease_until > clock_timestamp()`,
        [key, token, leaseMs],
      ),
    answered: ({ key, token }, answer) =>
      changed('UPDATE meshgate.bot_inbox SET answer = $3 WHERE key = $1 AND token = $2 AND done_at IS NULL', [
        key,
        token,
        answer,
      ]),
    // What is done needs no text of people any more, and no address to answer to.
    done: ({ key, token }) =>
      changed(
        `UPDATE meshgate.bot_inbox SET done_at = clock_timestamp(), body = '{}', answer = NULL
         WHERE key = $1 AND token = $2 AND done_at IS NULL`,
        [key, token],
      ),
    async release({ key, token }, afterMs) {
      await store.sql(
        `UPDATE meshgate.bot_inbox SET lease_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
         WHERE key = $1 AND token = $2 AND done_at IS NULL`,
        [key, token, afterMs],
      );
    },
    async forgetOld() {
      await store.sql(`DELETE FROM meshgate.bot_inbox WHERE done_at < clock_timestamp() - $1 * interval '1 hour'`, [
        KEEP_HOURS,
      ]);
    },
    async open() {
      const [row] = await store.sql<{ open: number | string }>(
        'SELECT count(*) AS open FROM meshgate.bot_inbox WHERE done_at IS NULL',
        [],
      );
      return Number(row?.open ?? 0);
    },
  };
}
