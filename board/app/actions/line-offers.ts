import type { ActionOffer } from './action-offer.ts';

/** What can be done with all stages at once. */
export const STOP: ActionOffer = {
  kind: 'stop',
  verb: 'Stop all',
  weight: 'grave',
  title: 'Stop the pushes of all stages?',
  does: 'Nothing is pushed into any stage until somebody resumes. Rollbacks still are.',
  bound: [],
  command: ({ reason }) => ({ kind: 'stop', reason }),
};
export const RESUME: ActionOffer = {
  kind: 'resume',
  verb: 'Resume all',
  weight: 'main',
  title: 'Let all stages move again?',
  does: 'Promotions go on where they were stopped.',
  bound: [],
  command: ({ reason }) => ({ kind: 'resume', reason }),
};
