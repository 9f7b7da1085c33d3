import type { Answer } from '../../pipeline/commands/answer.ts';
import type { Command } from '../../pipeline/commands/command.ts';
import { actorName, type PromotionId } from '../../pipeline/ids.ts';
import type { Binding } from '../../pipeline/promotion/approval.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { Ask } from '../inbox/inbox-item.ts';
import { refusal } from '../refusal.ts';
import { bindingIn, type Decision, decisionsIn, readButtonValue } from '../render/buttons.ts';
import { signOf } from '../render/state-words.ts';
import { type Asked, askGlass, askRejection, askRollback } from './ask-reason.ts';

export type Next =
  | { readonly kind: 'execute'; readonly command: Command }
  | { readonly kind: 'modal'; readonly asked: Asked }
  | { readonly kind: 'answer'; readonly answer: Answer };

/** What a press of a button comes to. A message may be older than what it decides about: that is said, and changes nothing. */
export async function decide(ask: Extract<Ask, { kind: 'decision' }>, read: PipelineReader): Promise<Next> {
  const value = readButtonValue(ask.value);
  const promotion = value && (await read.promotion(value.promotion as PromotionId));
  if (!value || !promotion)
    return {
      kind: 'answer',
      answer: refusal('not-of-ours', 'a button that belongs to no promotion', 'a button of a message of this bot'),
    };
  const stale = await staleness(promotion, ask.decision, value.binding, read);
  if (stale) return { kind: 'answer', answer: stale };
  const { id, request } = promotion;
  switch (ask.decision) {
    case 'approve':
      return {
        kind: 'execute',
        command: { kind: 'approve', promotion: id, binding: value.binding as Binding | undefined, reason: '' },
      };
    case 'cancel':
      return { kind: 'execute', command: { kind: 'cancel', promotion: id, reason: 'cancelled in Slack' } };
    case 'retry':
    case 'confirm':
      return { kind: 'execute', command: { kind: ask.decision, promotion: id } };
    case 'reject':
      return { kind: 'modal', asked: askRejection(promotion) };
    case 'rollback':
      return { kind: 'modal', asked: await askRollback(request.stage, undefined, promotion, read) };
    case 'break-glass':
      return { kind: 'modal', asked: askGlass(promotion, []) };
    default:
      return ask.decision satisfies never;
  }
}

/** What is said to somebody who decides about what is no longer there to be decided; undefined: it is. */
export async function staleness(
  promotion: Promotion,
  decision: Decision,
  binding: string | undefined,
  read: PipelineReader,
): Promise<Answer | undefined> {
  const { live, past } = await read.stage(promotion.request.stage);
  const canBeTakenBack = live?.promotion === promotion.id && past.length > 0;
  if (!decisionsIn(promotion, canBeTakenBack).includes(decision)) return alreadyDecided(promotion);
  const now = bindingIn(promotion);
  if ((decision === 'approve' || decision === 'reject') && now !== undefined && binding !== now)
    return refusal(
      'changed-since',
      `${promotion.id} has changed since that message: it was planned or proved anew`,
      'a look at what it is now, then the decision',
      promotion.id,
    );
  return undefined;
}

function alreadyDecided(promotion: Promotion): Answer {
  const { state, id } = promotion;
  const by = 'by' in state ? ` by ${typeof state.by === 'string' ? state.by : actorName(state.by)}` : '';
  return refusal(
    'already-decided',
    `${id} is already decided: ${signOf(state.kind).words}${by}`,
    `a decision that is still open; why ${id} says what is`,
    id,
  );
}
