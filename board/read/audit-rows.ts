import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { AuditRow } from '../api/types/audit.ts';
import { eventWords } from './event-words.ts';

/** A row as pages show it. */
export function auditRow({ seq, atEpochMs, actor, subject, evidence, hash }: AuditRecord): AuditRow {
  const stage = 'stage' in subject ? subject.stage : undefined;
  const promotion = 'promotion' in subject ? subject.promotion : undefined;
  return {
    seq,
    atEpochMs,
    actor,
    ...(stage === undefined ? {} : { stage }),
    ...(promotion === undefined ? {} : { promotion }),
    kind: kindOf(subject),
    words: eventWords(subject),
    evidence,
    hash,
  };
}

export const kindOf = (subject: AuditRecord['subject']): string =>
  subject.kind === 'refusal' ? 'refusal' : subject.event.kind;

/** Pages of the log are read whole, and a gap of so many rows is read over rather than asked past. */
const MOST_OVER = 64;

/** The rows of those numbers, in order. What lies close together is read at once. */
export async function auditRecords(
  { read }: Pick<PipelineStore, 'read'>,
  seqs: readonly number[],
): Promise<readonly AuditRecord[]> {
  const sorted = [...new Set(seqs)].sort((a, b) => a - b);
  const wanted = new Set(sorted);
  const found: AuditRecord[] = [];
  for (let index = 0; index < sorted.length; ) {
    const from = sorted[index] ?? 0;
    let to = from;
    for (; index < sorted.length && (sorted[index] ?? 0) - to <= MOST_OVER; index++) to = sorted[index] ?? to;
    for (let at = from; at <= to; ) {
      const page = await read.audit(at, Math.min(to - at + 1, 500));
      if (page.length === 0) break;
      found.push(...page.filter(({ seq }) => wanted.has(seq)));
      at = (page.at(-1)?.seq ?? to) + 1;
    }
  }
  return found;
}
