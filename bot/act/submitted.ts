import type { Command } from '../../pipeline/commands/command.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { SkippableGate } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { StageName } from '../../render/ids.ts';
import type { Ask } from '../inbox/inbox-item.ts';
import { refusal } from '../refusal.ts';
import type { ReasonFor } from '../render/modals.ts';
import { type Next, staleness } from './decide.ts';

/** The command that a filled-in form asks for. While it was filled in, somebody else may have decided. */
export async function commandOf(
  ask: ReasonFor,
  { reason, typedStage, gates }: Extract<Ask, { kind: 'submission' }>,
  read: PipelineReader,
): Promise<Exclude<Next, { kind: 'modal' }>> {
  const execute = (command: Command): Exclude<Next, { kind: 'modal' }> => ({ kind: 'execute', command });
  if (ask.kind === 'freeze') return execute({ kind: 'freeze', stage: ask.stage as StageName | undefined, reason });
  const promotion = ask.promotion === undefined ? undefined : await read.promotion(ask.promotion as PromotionId);
  if (ask.promotion !== undefined && !promotion)
    return {
      kind: 'answer',
      answer: refusal('not-of-ours', 'a form that belongs to no promotion', 'a form of a promotion'),
    };
  switch (ask.kind) {
    case 'reject': {
      const stale = promotion && (await staleness(promotion, 'reject', ask.binding, read));
      if (stale) return { kind: 'answer', answer: stale };
      return execute({ kind: 'reject', promotion: ask.promotion as PromotionId, reason });
    }
    case 'rollback': {
      const stale = promotion && (await staleness(promotion, 'rollback', undefined, read));
      if (stale) return { kind: 'answer', answer: stale };
      return execute({ kind: 'rollback', stage: ask.stage as StageName, digest: ask.digest, reason });
    }
    case 'break-glass':
      return execute({
        kind: 'break-glass',
        promotion: ask.promotion as PromotionId,
        // The pipeline refuses what is no gate, by name.
        gates: (gates ?? ask.gates) as readonly SkippableGate[],
        reason,
        typedStage: typedStage ?? '',
      });
    default:
      return ask satisfies never;
  }
}
