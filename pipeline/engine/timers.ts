import type { PromotionId } from '../ids.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { PipelineTransaction } from '../store/pipeline-store.ts';
import type { EnginePorts } from './ports.ts';

/** Anything that speaks SQL to the store's database: the store itself, or one of its transactions. */
export type Sql = Pick<PipelineTransaction, 'sql'>;

/** An advance job that is this late was lost with the process that had it. */
export const OVERDUE_MS = 30_000;

/** Looks again at `atEpochMs`; remembered, so that a promotion without such a job is found. */
export async function lookAgainAt({ store }: EnginePorts, promotion: Promotion, atEpochMs: number): Promise<void> {
  const { id, version } = promotion;
  await store.transact(async (tx) => {
    await tx.sql(
      `insert into meshgate.engine_timer (promotion, version, at_epoch_ms) values ($1, $2, $3)
       on conflict (promotion) do update set version = excluded.version, at_epoch_ms = excluded.at_epoch_ms`,
      [id, version, atEpochMs],
    );
    const key = `advance ${id} ${version} at ${atEpochMs}`;
    await tx.enqueue({ kind: 'advance', promotion: id }, { atEpochMs, key });
  });
}

export async function forgetTimer(db: Sql, promotion: PromotionId): Promise<void> {
  await db.sql('delete from meshgate.engine_timer where promotion = $1', [promotion]);
}

/**
 * Finds promotions that nothing will move on any more, and moves them on: those without a timer for the state they are in, and those
 * whose timer passed without anybody looking. Resolves with their ids.
 */
export async function sweep({ store }: EnginePorts): Promise<readonly PromotionId[]> {
  return store.transact(async (tx) => {
    const rows = await tx.sql<{ promotion: PromotionId; version: number; at_epoch_ms: number | string }>(
      'select promotion, version, at_epoch_ms from meshgate.engine_timer',
      [],
    );
    const timers = new Map(rows.map((row) => [row.promotion, row]));
    const lost = (await tx.openPromotions()).filter(({ id, version }) => {
      const timer = timers.get(id);
      return !timer || timer.version !== version || Number(timer.at_epoch_ms) + OVERDUE_MS < tx.nowEpochMs;
    });
    for (const { id, version } of lost)
      await tx.enqueue({ kind: 'advance', promotion: id }, { key: `advance ${id} ${version}` });
    return lost.map(({ id }) => id);
  });
}
