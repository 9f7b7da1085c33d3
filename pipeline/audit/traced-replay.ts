import type { AuditRecord } from './audit-record.ts';
import type { Folded } from './fold.ts';
import { AuditReplay } from './replay-audit.ts';

/** A replay that also knows which rows made and changed each record. */
export class TracedReplay extends AuditReplay {
  /** `promotion beta-1`, `stage beta`, `line`. */
  readonly createdSeq = new Map<string, number>();
  readonly changedSeq = new Map<string, number>();

  override async push(row: Pick<AuditRecord, 'subject' | 'atEpochMs' | 'seq'>): Promise<Folded> {
    const folded = await super.push(row);
    const name = nameOf(folded);
    if (name === undefined) return folded;
    if (!this.createdSeq.has(name)) this.createdSeq.set(name, row.seq);
    this.changedSeq.set(name, row.seq);
    return folded;
  }
}

function nameOf(folded: Folded): string | undefined {
  switch (folded.kind) {
    case 'promotion':
      return `promotion ${folded.promotion.id}`;
    case 'stage':
      return `stage ${folded.stage.name}`;
    case 'line':
      return 'line';
    case 'nothing':
      return undefined;
    default:
      return folded satisfies never;
  }
}
