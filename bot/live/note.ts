import type { AuditRecord, AuditSubject } from '../../pipeline/audit/audit-record.ts';
import { isTerminal, type Promotion } from '../../pipeline/promotion/promotion.ts';

/** What is posted once, beside the live message. Rendered when it is posted, from records that never change. */
export type Note =
  /** A row of the audit log. */
  | { readonly kind: 'event'; readonly seq: number }
  /** The promotion ended: shown in the channel as well. */
  | { readonly kind: 'outcome' }
  /** The people who can open a gate are asked, once. */
  | { readonly kind: 'ask'; readonly gate: string; readonly reason: string; readonly groups: readonly string[] }
  /** And reminded, once. */
  | {
      readonly kind: 'remind';
      readonly gate: string;
      readonly reason: string;
      readonly groups: readonly string[];
      readonly untilEpochMs: number;
    };

/** Stages and the line as a whole have no message of their own: what happens to them is posted to the channel. */
export const LINE_SUBJECT = '#line';

export type KeyedNote = { readonly key: string; readonly subject: string; readonly note: Note };

/** Which row of the log is told, and where. Terminal events are told by the outcome. */
export function noteOf({ seq, subject }: Pick<AuditRecord, 'seq' | 'subject'>): KeyedNote | undefined {
  const where = tellsOf(subject);
  return where === undefined ? undefined : { key: `event:${seq}`, subject: where, note: { kind: 'event', seq } };
}

function tellsOf(subject: AuditSubject): string | undefined {
  switch (subject.kind) {
    case 'promotion':
      return TOLD_BY_OUTCOME.has(subject.event.kind) ? undefined : subject.promotion;
    case 'stage':
      return QUIET.has(subject.event.kind) ? undefined : LINE_SUBJECT;
    case 'line':
      return LINE_SUBJECT;
    // The one who was refused is told; nobody else needs to know at once, and the log keeps it.
    case 'refusal':
      return undefined;
    default:
      return subject satisfies never;
  }
}

const TOLD_BY_OUTCOME: ReadonlySet<string> = new Set(['rejected', 'cancelled', 'superseded', 'rolled-back']);
/** What the promotion that did it says itself, and what is bookkeeping. */
const QUIET: ReadonlySet<string> = new Set(['landed', 'numbered']);

export const outcomeNote = (promotion: Promotion): KeyedNote | undefined =>
  isTerminal(promotion.state)
    ? { key: `outcome:${promotion.id}`, subject: promotion.id, note: { kind: 'outcome' } }
    : undefined;
