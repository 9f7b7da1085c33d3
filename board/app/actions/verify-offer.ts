import type { ActionOffer } from './action-offer.ts';

/** No decision, and of no stage: a revision is proved for all of them. */
export const VERIFY: ActionOffer = {
  kind: 'verify',
  verb: 'Verify a revision',
  weight: 'plain',
  title: 'Prove a revision for every stage?',
  does: 'Workers run it on real Envoys of every stage, from what each target holds. Nothing is promoted.',
  bound: [],
  text: {
    label: 'Revision (empty: the head of the branch)',
    isWanted: false,
    hint: 'A commit, branch or tag of the protected branch.',
  },
  command: ({ text }) => ({ kind: 'verify', revision: text === '' ? undefined : text }),
};
