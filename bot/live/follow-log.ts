import type { PromotionId } from '../../pipeline/ids.ts';
import type { PipelineStore, PipelineTransaction } from '../../pipeline/store/pipeline-store.ts';
import { addNote, wake, wakeStage } from './live-rows.ts';
import { LINE_SUBJECT, noteOf, outcomeNote } from './note.ts';

const PAGE = 200;

/**
 * Follows the audit log: each row becomes at most one note, and wakes the message that it is about. The cursor moves in the same
 * transaction, so that every row is taken once whoever follows. Resolves with whether there was anything.
 */
export async function followLog(store: PipelineStore, channel: string): Promise<boolean> {
  const [cursor] = await store.sql<{ seq: number | string }>(
    `SELECT seq FROM meshgate.bot_cursor WHERE name = 'audit'`,
    [],
  );
  if (cursor && (await store.read.audit(Number(cursor.seq) + 1, 1)).length === 0) return false;
  return store.transact(async (tx) => {
    const at = await lockCursor(tx, channel);
    const records = await tx.audit(at + 1, PAGE);
    const last = records.at(-1);
    if (!last) return false;
    const touched = new Map<PromotionId, string>();
    for (const record of records) {
      const keyed = noteOf(record);
      if (keyed) await addNote(tx, keyed);
      if (keyed?.subject === LINE_SUBJECT) await wake(tx, LINE_SUBJECT, '', channel);
      const { subject } = record;
      if (subject.kind === 'stage' && subject.event.kind === 'landed') await wakeStage(tx, subject.stage);
      if (subject.kind === 'promotion') touched.set(subject.promotion, subject.stage);
    }
    // Last: how a promotion ended is told after what happened on the way.
    for (const [id, stage] of touched) {
      await wake(tx, id, stage, channel);
      const promotion = await tx.promotion(id);
      const outcome = promotion && outcomeNote(promotion);
      if (outcome) await addNote(tx, outcome);
    }
    await tx.sql(`UPDATE meshgate.bot_cursor SET seq = $1 WHERE name = 'audit'`, [last.seq]);
    return true;
  });
}

/**
 * A bot that is new to a store begins with what is open now: nobody wants the news of last year. Locks the cursor, so that replicas
 * follow one after the other.
 */
async function lockCursor(tx: PipelineTransaction, channel: string): Promise<number> {
  const [row] = await tx.sql<{ seq: number | string }>(
    `SELECT seq FROM meshgate.bot_cursor WHERE name = 'audit' FOR UPDATE`,
    [],
  );
  if (row) return Number(row.seq);
  let last = 0;
  for (let page = await tx.audit(1, 1_000); page.length > 0; page = await tx.audit(last + 1, 1_000))
    last = page.at(-1)?.seq ?? last;
  for (const { id, request } of await tx.openPromotions()) await wake(tx, id, request.stage, channel);
  await tx.sql(`INSERT INTO meshgate.bot_cursor (name, seq) VALUES ('audit', $1) ON CONFLICT (name) DO NOTHING`, [
    last,
  ]);
  return last;
}
