import type { PromotionId } from '../../ids.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { Sql } from '../timers.ts';

/** Bumped whenever there is something new to show of a promotion that its events do not tell: a cell that ended, Envoys that ACKed. */
export async function noteProgress(db: Sql, promotion: PromotionId, line: string): Promise<void> {
  await db.sql(
    `insert into meshgate.engine_progress (promotion, line, seq) values ($1, $2, nextval('meshgate.engine_progress_seq'))
     on conflict (promotion) do update set line = excluded.line, seq = excluded.seq
     where engine_progress.line is distinct from excluded.line`,
    [promotion, line],
  );
}

export type Progress = {
  readonly promotion: PromotionId;
  /** `3 of 5 cells ended`, `37/40 Envoys ACKed`. */
  readonly line: string;
};

/**
 * Promotions with news since `cursor`, and the cursor to go on from; 0 at first. What runs at the same time may come a little later
 * than its number: whoever follows reads again from some numbers before, as the newest line wins anyway.
 */
export async function progressSince(
  db: Sql,
  cursor: number,
): Promise<{ readonly cursor: number; readonly changed: readonly Progress[] }> {
  const rows = await db.sql<Progress & { readonly seq: number | string }>(
    'select promotion, line, seq from meshgate.engine_progress where seq > $1 order by seq',
    [cursor],
  );
  const last = rows.at(-1);
  return {
    cursor: last ? Number(last.seq) : cursor,
    changed: rows.map(({ promotion, line }) => ({ promotion, line })),
  };
}

/** The newest line of one promotion. */
export async function progressOf(db: Sql, { id }: Pick<Promotion, 'id'>): Promise<string | undefined> {
  const [row] = await db.sql<Progress>('select promotion, line from meshgate.engine_progress where promotion = $1', [
    id,
  ]);
  return row?.line;
}
