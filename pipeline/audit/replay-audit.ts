import type { StageName } from '../../render/ids.ts';
import type { PromotionId } from '../ids.ts';
import type { Promotion } from '../promotion/promotion.ts';
import { emptyStage, type LineRecord, openLine, type StageRecord } from '../stage/stage-record.ts';
import type { AuditRecord } from './audit-record.ts';
import { type Folded, type FoldSource, fold } from './fold.ts';
import { readAuditLine } from './read-audit-line.ts';

/** All state that an audit log tells of. */
export type Replayed = {
  readonly promotions: ReadonlyMap<PromotionId, Promotion>;
  readonly stages: ReadonlyMap<StageName, StageRecord>;
  readonly line: LineRecord;
};

/** Folds row after row in memory. */
export class AuditReplay implements Replayed {
  readonly promotions = new Map<PromotionId, Promotion>();
  readonly stages = new Map<StageName, StageRecord>();
  line: LineRecord = openLine;
  readonly #source: FoldSource = {
    promotion: async (id) => this.promotions.get(id),
    stage: async (name) => this.stages.get(name) ?? emptyStage(name),
    line: async () => this.line,
  };

  /** Resolves with the record that changed. Rejects with `IllegalEvent` for a row that cannot follow; nothing changes then. */
  async push({ subject, atEpochMs }: Pick<AuditRecord, 'subject' | 'atEpochMs'>): Promise<Folded> {
    const folded = await fold(subject, atEpochMs, this.#source);
    if (folded.kind === 'promotion') this.promotions.set(folded.promotion.id, folded.promotion);
    else if (folded.kind === 'stage') this.stages.set(folded.stage.name, folded.stage);
    else if (folded.kind === 'line') this.line = folded.line;
    return folded;
  }
}

/**
 * The state that an exported audit log (`exportAudit`, one JSON object a line) tells of: the same as in the store that it came from.
 * Rejects with `AuditLineError` for a line that is no row, and with `IllegalEvent` for a row that cannot follow. Checks no hashes:
 * `verifyAuditLines` does.
 */
export async function replayAudit(lines: Iterable<string> | AsyncIterable<string>): Promise<Replayed> {
  const replay = new AuditReplay();
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() !== '') await replay.push(readAuditLine(line, number));
  }
  return replay;
}
