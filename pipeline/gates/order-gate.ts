import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { closed, open, waiting } from './gate-states.ts';

/** The same revision is live in the stage before, as what landed there last. */
export function orderGate(facts: GateFacts): GateState {
  const { policy, previous, promotion } = facts;
  if (policy.previousStage === undefined) return open('the first stage');
  const { revision } = promotion.request;
  const before = policy.previousStage;
  if (previous?.live?.revision === revision) return open(`live in ${before}`);
  const live = previous?.live ? `${before} has ${short(previous.live.revision)}` : `nothing is live in ${before}`;
  return previous?.past.some((landed) => landed.revision === revision)
    ? closed(facts, 'order-moved-on', `${live}, after ${short(revision)}`, `the revision that is live in ${before}`)
    : waiting(`${live}; ${short(revision)} must be live there first`, undefined, policy.roles.request);
}

const short = (revision: string): string => revision.slice(0, 12);
