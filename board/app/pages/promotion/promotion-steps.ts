import type { PromotionView } from '../../../api/types/promotion.ts';

export type StepState = 'done' | 'now' | 'failed' | 'open' | 'left-out';
export type PromotionStep = { readonly name: string; readonly state: StepState; readonly panel: string };

const ORDER = ['plan', 'matrix', 'gates', 'push', 'observation', 'promoted'] as const;
const PANELS = {
  plan: 'change',
  matrix: 'matrix',
  gates: 'gates',
  push: 'push',
  observation: 'observation',
  promoted: 'audit',
} as const;
/** Which step a promotion is at, by its state; those that have ended badly ended in the last one that they came to. */
const AT: Readonly<Partial<Record<PromotionView['promotion']['state'], (typeof ORDER)[number]>>> = {
  queued: 'plan',
  planning: 'plan',
  verifying: 'matrix',
  gating: 'gates',
  pushing: 'push',
  observing: 'observation',
  undecided: 'observation',
  unconfirmed: 'observation',
  'rolling-back': 'observation',
  promoted: 'promoted',
};
const WORRY = ['undecided', 'rolling-back'];

/** The way of a promotion and how far it has come. */
export function promotionSteps(
  view: Pick<PromotionView, 'promotion' | 'plan' | 'matrix' | 'push' | 'observation'>,
): readonly PromotionStep[] {
  const { state } = view.promotion;
  const at = ORDER.indexOf(AT[state] ?? lastReached(view));
  const endedBadly = AT[state] === undefined;
  return ORDER.map((name, index) => ({
    name,
    panel: PANELS[name],
    state: stateOf(index, at, state, endedBadly),
  }));
}

function stateOf(
  index: number,
  at: number,
  state: PromotionView['promotion']['state'],
  endedBadly: boolean,
): StepState {
  if (index < at || state === 'promoted') return 'done';
  if (index > at) return endedBadly ? 'left-out' : 'open';
  return endedBadly || WORRY.includes(state) ? 'failed' : 'now';
}

function lastReached({
  plan,
  matrix,
  push,
  observation,
}: Pick<PromotionView, 'plan' | 'matrix' | 'push' | 'observation'>) {
  if (observation) return 'observation';
  if (push) return 'push';
  if (matrix?.verdict === 'pass') return 'gates';
  return plan && matrix ? 'matrix' : 'plan';
}
