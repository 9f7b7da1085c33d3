import { describe, expect, test } from 'vitest';
import { judgeGates } from '../../../pipeline/gates/gates.ts';
import type { TargetVersion } from '../../../pipeline/ids.ts';
import { deadlineOf } from '../../../pipeline/promotion/deadlines.ts';
import { explain } from '../../../pipeline/promotion/explain.ts';
import { nextPromotion } from '../../../pipeline/promotion/next-promotion.ts';
import { isTerminal, type Promotion, type PromotionState } from '../../../pipeline/promotion/promotion.ts';
import { factsOf, GATING, POLICY, person, promotionIn, T0 } from '../some-promotion.ts';
import { EVENTS, STATES } from './states.ts';

const GLASS = {
  gates: ['approvals'],
  by: person('bo'),
  reason: 'outage',
  confirmByEpochMs: T0 + 3_600_000,
  confirmedBy: undefined,
} as const;
const NOTHING = { targetVersion: 'v0' as TargetVersion, digest: undefined, revision: undefined };
const explained = (state: PromotionState, change: Partial<Promotion> = {}, facts = {}) => {
  const promotion = promotionIn(state, change);
  return explain(promotion, judgeGates(factsOf({ promotion, ...facts })), POLICY, T0);
};

describe.each(Object.values(STATES))('$kind', (state) => {
  test.each([
    ['', {}],
    [', its glass broken', { glass: GLASS }],
  ])('has an owner, a reason, a deadline and a way out, unless it has ended%s', (_what, change) => {
    const why = explained(state, change);
    expect(why === undefined).toBe(isTerminal(state));
    if (!why) return;
    expect(why.owners.length).toBeGreaterThan(0);
    expect(why.reasons.join('')).not.toBe('');
    expect(why.deadline.atEpochMs).toBeGreaterThan(T0);
    expect(why.waysOut.length).toBeGreaterThan(0);
  });

  test.each([
    ['', {}],
    [', its glass broken', { glass: GLASS }],
    [', a rollback', { request: { ...promotionIn(GATING).request, purpose: 'rollback' as const } }],
  ])('what its deadline does ends it, or leads on%s', (_what, change) => {
    const promotion = promotionIn(state, change);
    const deadline = deadlineOf(promotion, POLICY);
    expect(deadline === undefined).toBe(isTerminal(state));
    if (!deadline) return;
    const next = nextPromotion(promotion, EVENTS[deadline.event], deadline.atEpochMs);
    expect(next.state).not.toEqual(state);
    // and never only once more the same
    const again = deadlineOf(next, POLICY);
    expect(isTerminal(next.state) || (again?.atEpochMs ?? 0) > deadline.atEpochMs).toBe(true);
  });
});

test('gates: who is asked, what is said, when it is looked at again, what can be typed', () => {
  const why = explained(GATING, {}, { nowEpochMs: Date.parse('2026-11-20T16:00:00Z') });
  expect(why).toMatchObject({
    owners: ['managers'],
    reasons: ['freeze: canary is frozen: weekend', 'approvals: 2 of 2 approvals of managers are missing'],
    againAtEpochMs: Date.parse('2026-11-23T09:00:00Z'),
  });
  expect(why?.waysOut.map(({ command }) => command)).toEqual([
    'approve canary-1',
    'reject canary-1',
    'cancel canary-1',
  ]);
});

test.each(Object.values(STATES))(
  'a first delivery that is $kind: nobody is told to take back what nothing was before',
  (state) => {
    const first = 'plan' in state ? { ...state, plan: { ...state.plan, base: NOTHING } } : state;
    const commands = (of: PromotionState) => (explained(of)?.waysOut ?? []).map(({ command }) => command);
    expect(commands(first).filter((command) => command.startsWith('rollback'))).toEqual([]);
    const back = ['pushing', 'observing', 'undecided', 'unconfirmed'].includes(state.kind) ? ['rollback canary'] : [];
    expect(commands(state).filter((command) => command.startsWith('rollback'))).toEqual(back);
  },
);

test('a broken glass ends sooner than the state', () => {
  expect(deadlineOf(promotionIn(GATING, { glass: GLASS }), POLICY)).toEqual({
    atEpochMs: T0 + 3_600_000,
    event: 'glass-lapsed',
  });
  expect(deadlineOf(promotionIn(GATING), POLICY)).toEqual({ atEpochMs: T0 + 7 * 86_400_000, event: 'expired' });
});
