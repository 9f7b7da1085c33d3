import { firstsOf, gathered } from '../store/gathered.ts';
import type { Sql } from '../store/migrate.ts';

/** Twice the window in which a signature is good at all. */
const REMEMBER_MS = 10 * 60_000;

/** Remembers signatures for all replicas, so that each is good once. */
export type ReplayMemory = {
  /** False: it was seen before. Rejects when the database is gone: then the request is refused. */
  isNew(signature: string): Promise<boolean>;
  forgetOld(): Promise<void>;
};

export const replayMemory = ({ sql }: Sql): ReplayMemory => ({
  isNew: gathered(async (signatures: readonly string[]) => {
    const rows = await sql<{ signature: string }>(
      `INSERT INTO meshgate.bot_signature (signature, seen_at) SELECT new, clock_timestamp() FROM unnest($1::text[]) AS new
       ON CONFLICT DO NOTHING RETURNING signature`,
      [signatures],
    );
    return firstsOf(
      signatures,
      rows.map(({ signature }) => signature),
    );
  }),
  async forgetOld() {
    await sql(`DELETE FROM meshgate.bot_signature WHERE seen_at < clock_timestamp() - $1 * interval '1 millisecond'`, [
      REMEMBER_MS,
    ]);
  },
});
