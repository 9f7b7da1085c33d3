import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { PromotionEvent, PromotionEventKind } from '../../pipeline/promotion/events.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { auditRecords } from './audit-rows.ts';
import type { HistoryIndex } from './history-index.ts';

const PAGES = 4;
const PAGE = 500;

/** The rows of the audit log that are about a promotion, refusals included, oldest first. */
export async function promotionTrail(
  id: PromotionId,
  store: PipelineStore,
  index: HistoryIndex,
): Promise<readonly AuditRecord[]> {
  const { seq, of } = await index.catchUp(PAGES);
  if (seq < of) return readOver(id, store);
  const rows = await store.sql<{ seq: number | string }>(
    'SELECT seq FROM meshgate.board_row WHERE promotion = $1 ORDER BY seq',
    [id],
  );
  return auditRecords(
    store,
    rows.map((row) => Number(row.seq)),
  );
}

/** Without the index: everything between its first and its latest row. */
async function readOver(id: PromotionId, store: PipelineStore): Promise<readonly AuditRecord[]> {
  const [row] = await store.sql<{ created_seq: number | string; changed_seq: number | string }>(
    'SELECT created_seq, changed_seq FROM meshgate.promotion WHERE id = $1',
    [id],
  );
  const found: AuditRecord[] = [];
  const last = Number(row?.changed_seq ?? 0);
  for (let at = Number(row?.created_seq ?? 1); at <= last; ) {
    const page = await store.read.audit(at, Math.min(PAGE, last - at + 1));
    if (page.length === 0) break;
    found.push(...page.filter(({ subject }) => 'promotion' in subject && subject.promotion === id));
    at = (page.at(-1)?.seq ?? last) + 1;
  }
  return found;
}

type Of<K extends PromotionEventKind> = {
  readonly record: AuditRecord;
  readonly event: Extract<PromotionEvent, { kind: K }>;
};

/** Its newest event of one of the kinds. */
export function lastEvent<K extends PromotionEventKind>(
  trail: readonly AuditRecord[],
  ...kinds: readonly K[]
): Of<K> | undefined {
  for (const record of trail.toReversed()) {
    const { subject } = record;
    if (subject.kind === 'promotion' && (kinds as readonly string[]).includes(subject.event.kind))
      return { record, event: subject.event as Extract<PromotionEvent, { kind: K }> };
  }
  return undefined;
}
