import type { ActionKind } from '../../api/types/action.ts';
import type { StageView } from '../../api/types/stages.ts';
import type { ActionOffer } from './action-dialog.tsx';

export type Offered = { readonly kind: ActionKind; readonly offer: ActionOffer };

/** What can be done with a stage as it is now, whoever may. */
export function stageOffers({ name, live, hold, freeze, drift, onTheWay }: StageView): readonly Offered[] {
  const bound = [
    { what: 'stage', is: name },
    { what: 'live', is: live ? <code>{live.digest}</code> : 'nothing' },
  ];
  const plain = { weight: 'plain', reason: 'wanted' } as const;
  const offers: Offered[] = [];
  if (hold)
    offers.push({
      kind: 'release',
      offer: {
        ...plain,
        verb: 'Release',
        title: `Release ${name}?`,
        does: 'The hold ends, and the stage moves again.',
        bound: [...bound, { what: 'held because', is: hold.reason }],
        command: (reason) => ({ kind: 'release', stage: name, reason }),
      },
    });
  if (drift)
    offers.push({
      kind: 'reconcile',
      offer: {
        ...plain,
        verb: 'Reconcile',
        title: `Put back what was promoted into ${name}?`,
        does: 'What the target has now is replaced by what was promoted.',
        bound: [...bound, { what: 'is there now', is: drift.saw }],
        command: (reason) => ({ kind: 'reconcile', stage: name, reason }),
      },
    });
  offers.push(
    freeze
      ? {
          kind: 'unfreeze',
          offer: {
            ...plain,
            verb: 'Unfreeze',
            title: `Unfreeze ${name}?`,
            does: 'Promotions into this stage go on.',
            bound: [...bound, { what: 'frozen because', is: freeze.reason }],
            command: (reason) => ({ kind: 'unfreeze', stage: name, reason }),
          },
        }
      : {
          kind: 'freeze',
          offer: {
            ...plain,
            verb: 'Freeze',
            title: `Freeze ${name}?`,
            does: 'Nothing is pushed into this stage until somebody unfreezes it. A rollback still is.',
            bound,
            command: (reason) => ({ kind: 'freeze', stage: name, reason }),
          },
        },
  );
  if (live && !onTheWay)
    offers.push({
      kind: 'rollback',
      offer: {
        verb: 'Roll back',
        weight: 'grave',
        reason: 'wanted',
        title: `Roll ${name} back?`,
        does: 'The stage goes to the digest that was live before, and is held there.',
        bound,
        command: (reason) => ({ kind: 'rollback', stage: name, digest: undefined, reason }),
      },
    });
  return offers;
}
