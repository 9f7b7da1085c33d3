import type { Binding } from '../../../pipeline/promotion/approval.ts';
import type { ActionKind } from '../../api/types/action.ts';
import type { PromotionView } from '../../api/types/promotion.ts';
import type { ActionOffer } from './action-dialog.tsx';
import type { Offered } from './stage-offers.tsx';

/** What an approval is bound to: nobody says yes to anything else. */
function boundOf({ promotion, plan, matrix, approvals }: PromotionView): ActionOffer['bound'] {
  const from = plan?.diff?.from.digest;
  return [
    { what: 'stage', is: promotion.stage },
    { what: 'digest', is: promotion.digest === undefined ? 'not planned yet' : <code>{promotion.digest}</code> },
    { what: 'in place of', is: from === undefined ? 'nothing, or what is not kept' : <code>{from}</code> },
    { what: 'verdict', is: matrix?.verdict ?? 'none yet' },
    ...(approvals.binding === undefined ? [] : [{ what: 'binding', is: <code>{approvals.binding}</code> }]),
  ];
}

/** What can be done with a promotion as it is now, whoever may. */
export function promotionOffers(view: PromotionView): readonly Offered[] {
  const { promotion, approvals, actions } = view;
  const { id, stage } = promotion;
  const bound = boundOf(view);
  const isUndecided = promotion.state === 'undecided';
  const offers: Partial<Record<ActionKind, ActionOffer>> = {
    approve: {
      verb: 'Approve',
      weight: 'main',
      reason: 'welcome',
      title: `Approve ${id}?`,
      does: isUndecided
        ? 'It stays as it is, though nobody could tell how the fleet took it.'
        : 'Your approval is for exactly this. Should any of it change, it lapses.',
      bound,
      command: (reason) => ({
        kind: 'approve',
        promotion: id,
        binding: approvals.binding as Binding | undefined,
        reason,
      }),
    },
    reject: {
      verb: 'Reject',
      weight: 'grave',
      reason: 'wanted',
      title: `Reject ${id}?`,
      does: isUndecided ? 'It is taken back, and the stage is held.' : 'It ends here; nothing is pushed.',
      bound,
      command: (reason) => ({ kind: 'reject', promotion: id, reason }),
    },
    cancel: {
      verb: 'Cancel',
      weight: 'plain',
      reason: 'wanted',
      title: `Cancel ${id}?`,
      does: 'It ends here; nothing was pushed.',
      bound,
      command: (reason) => ({ kind: 'cancel', promotion: id, reason }),
    },
    rollback: {
      verb: 'Roll back',
      weight: 'grave',
      reason: 'wanted',
      title: `Take ${id} back?`,
      does: `${stage} goes back to what was live before, and is held there.`,
      bound,
      command: (reason) => ({ kind: 'rollback', stage, digest: undefined, reason }),
    },
    confirm: {
      verb: 'Confirm',
      weight: 'main',
      reason: 'none',
      title: `Confirm the broken glass of ${id}?`,
      does: 'You are the second person: gates were skipped, and without you it is undone.',
      bound,
      command: () => ({ kind: 'confirm', promotion: id }),
    },
    retry: {
      verb: 'Retry',
      weight: 'plain',
      reason: 'none',
      title: `Ask for ${id} again?`,
      does: 'It is planned and proved anew.',
      bound,
      command: () => ({ kind: 'retry', promotion: id }),
    },
  };
  return (Object.entries(offers) as [ActionKind, ActionOffer][])
    .filter(([kind]) => actions.includes(kind))
    .map(([kind, offer]) => ({ kind, offer }));
}
