import type { Binding } from '../../../pipeline/promotion/approval.ts';
import type { SkippableGate } from '../../../pipeline/promotion/promotion.ts';
import type { ActionKind, AskRules } from '../../api/types/action.ts';
import type { PromotionView } from '../../api/types/promotion.ts';
import type { ActionOffer } from './action-offer.ts';
import { RESUME } from './line-offers.ts';

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

type Offers = { readonly [K in ActionKind]?: Omit<ActionOffer, 'kind'> };

/** What can be done with a promotion as it is now, whoever may. */
export function promotionOffers(view: PromotionView, asks: AskRules): readonly ActionOffer[] {
  const { promotion, approvals, actions } = view;
  const { id, stage } = promotion;
  const bound = boundOf(view);
  const isUndecided = promotion.state === 'undecided';
  // Another approval leaves it as it is; another plan or verdict does not.
  const asOf = `${promotion.state} ${approvals.binding ?? ''}`;
  const offers: Offers = {
    approve: {
      verb: 'Approve',
      weight: 'main',
      title: `Approve ${id}?`,
      does: isUndecided
        ? 'It stays as it is, though nobody could tell how the fleet took it.'
        : 'Your approval is for exactly this. Should any of it change, it lapses.',
      bound,
      asOf,
      command: ({ reason }) => ({
        kind: 'approve',
        promotion: id,
        binding: approvals.binding as Binding | undefined,
        reason,
      }),
    },
    confirm: {
      verb: 'Confirm',
      weight: 'main',
      title: `Confirm the broken glass of ${id}?`,
      does: 'You are the second person: gates were skipped, and without you it is undone.',
      bound,
      command: () => ({ kind: 'confirm', promotion: id }),
    },
    reject: {
      verb: 'Reject',
      weight: 'grave',
      title: `Reject ${id}?`,
      does: isUndecided ? 'It is taken back, and the stage is held.' : 'It ends here; nothing is pushed.',
      bound,
      asOf,
      command: ({ reason }) => ({ kind: 'reject', promotion: id, reason }),
    },
    cancel: {
      verb: 'Cancel',
      weight: 'plain',
      title: `Cancel ${id}?`,
      does: 'It ends here; nothing was pushed.',
      bound,
      command: ({ reason }) => ({ kind: 'cancel', promotion: id, reason }),
    },
    rollback: {
      verb: 'Roll back',
      weight: 'grave',
      title: `Take ${id} back?`,
      does: `${stage} goes back to what was live before, and is held there.`,
      bound,
      command: ({ reason }) => ({ kind: 'rollback', stage, digest: undefined, reason }),
    },
    retry: {
      verb: 'Retry',
      weight: 'plain',
      title: `Ask for ${id} again?`,
      does: 'It is planned and proved anew.',
      bound,
      command: () => ({ kind: 'retry', promotion: id }),
    },
    release: {
      verb: `Release ${stage}`,
      weight: 'plain',
      title: `Release ${stage}?`,
      does: 'The hold ends, and the stage moves again.',
      bound: gateWords(view, 'hold'),
      command: ({ reason }) => ({ kind: 'release', stage, reason }),
    },
    unfreeze: {
      verb: `Unfreeze ${stage}`,
      weight: 'plain',
      title: `Unfreeze ${stage}?`,
      does: 'Promotions into this stage go on.',
      bound: gateWords(view, 'freeze'),
      command: ({ reason }) => ({ kind: 'unfreeze', stage, reason }),
    },
    resume: RESUME,
    'break-glass': {
      verb: 'Break glass…',
      weight: 'grave',
      title: `Break the glass of ${id}?`,
      does: 'For an emergency: it skips the gates that you tick. The verdict and the guards are never skipped. A second person must confirm in time, or it is undone.',
      bound: [...bound, ...waitingGates(view)],
      asOf,
      ticks: { label: 'Gates to skip', options: asks.skippableGates, ticked: [] },
      text: { label: `Type the stage’s name: ${stage}`, isWanted: true },
      command: ({ reason, text, ticked }) => ({
        kind: 'break-glass',
        promotion: id,
        gates: ticked as readonly SkippableGate[],
        reason,
        typedStage: text,
      }),
    },
  };
  return (Object.entries(offers) as [ActionKind, Omit<ActionOffer, 'kind'>][])
    .filter(([kind]) => actions.includes(kind))
    .map(([kind, offer]) => ({ ...offer, kind }));
}

const gateWords = ({ gates, promotion }: PromotionView, name: string): ActionOffer['bound'] => [
  { what: 'stage', is: promotion.stage },
  ...gates.flatMap(({ gate, state }) =>
    gate === name && state.kind === 'waiting' ? [{ what: gate, is: state.reason }] : [],
  ),
];

const waitingGates = ({ gates }: PromotionView): ActionOffer['bound'] =>
  gates.flatMap(({ gate, state }) => (state.kind === 'waiting' ? [{ what: `${gate} waits`, is: state.reason }] : []));
