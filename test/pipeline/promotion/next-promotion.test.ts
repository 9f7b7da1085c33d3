import { describe, expect, test } from 'vitest';
import type { PromotionEvent, PromotionEventKind } from '../../../pipeline/promotion/events.ts';
import { IllegalEvent, newPromotion, nextPromotion } from '../../../pipeline/promotion/next-promotion.ts';
import {
  type BrokenGlass,
  isTerminal,
  type Promotion,
  type PromotionState,
  type StateKind,
} from '../../../pipeline/promotion/promotion.ts';
import { approvalBy, digest, GATING, PLAN, person, planOn, promotionIn, T0, verdictOn } from '../some-promotion.ts';
import { EVENTS, STATES } from './states.ts';

const HOUR = 3_600_000;
const KINDS = Object.keys(EVENTS) as PromotionEventKind[];
const NO_GLASS: Partial<Promotion> = {};
const GLASS: BrokenGlass = {
  gates: ['freeze'],
  by: person('bo'),
  reason: 'outage',
  confirmByEpochMs: T0 + HOUR,
  confirmedBy: undefined,
};
const SYSTEM = { kind: 'system', part: 'observer' } as const;
const ROLLBACK: Partial<Promotion> = { request: { ...promotionIn(GATING).request, purpose: 'rollback' } };

/** The state after an event, or `illegal`. */
function stateAfter(state: PromotionState, event: PromotionEvent, change = NO_GLASS, atEpochMs = T0 + 1): string {
  const before = promotionIn(state, change);
  const copy = structuredClone(before);
  try {
    const next = nextPromotion(before, event, atEpochMs);
    expect(next.version).toBe(before.version + 1);
    return next.state.kind;
  } catch (error) {
    if (!(error instanceof IllegalEvent)) throw error;
    return 'illegal';
  } finally {
    expect(before).toEqual(copy);
  }
}

/** Every state with every event that it takes; what is not here is illegal. */
const BEFORE_PUSH = {
  rejected: 'rejected',
  cancelled: 'cancelled',
  'rollback-ordered': 'cancelled',
  superseded: 'superseded',
  expired: 'expired',
} as const;
const TAKES: { readonly [K in StateKind]: { readonly [E in PromotionEventKind]?: StateKind } } = {
  queued: { ...BEFORE_PUSH, dequeued: 'planning', 'glass-broken': 'queued' },
  planning: { ...BEFORE_PUSH, planned: 'verifying', failed: 'errored', 'glass-broken': 'planning' },
  verifying: {
    ...BEFORE_PUSH,
    verified: 'gating',
    'base-moved': 'planning',
    failed: 'errored',
    'glass-broken': 'verifying',
  },
  gating: {
    ...BEFORE_PUSH,
    approved: 'gating',
    'push-intended': 'pushing',
    'base-moved': 'planning',
    failed: 'errored',
    'glass-broken': 'gating',
  },
  pushing: { pushed: 'observing', 'base-moved': 'planning', failed: 'errored', 'rollback-ordered': 'pushing' },
  observing: {
    'observed-healthy': 'promoted',
    'observed-harm': 'rolling-back',
    'observed-nothing': 'undecided',
    'rollback-ordered': 'rolling-back',
    failed: 'errored',
  },
  undecided: {
    accepted: 'promoted',
    'observed-harm': 'rolling-back',
    'rollback-ordered': 'rolling-back',
    expired: 'rolling-back',
  },
  unconfirmed: { 'observed-harm': 'rolling-back', 'rollback-ordered': 'rolling-back', expired: 'rolling-back' },
  'rolling-back': { 'rolled-back': 'rolled-back', failed: 'errored' },
  errored: { retried: 'planning', cancelled: 'cancelled', superseded: 'superseded', expired: 'expired' },
  promoted: {},
  'rolled-back': {},
  rejected: {},
  cancelled: {},
  superseded: {},
  expired: {},
};

describe('every state, every event', () => {
  test.each(Object.values(STATES))('$kind', (state) => {
    const found = KINDS.flatMap((kind) => {
      const next = stateAfter(state, EVENTS[kind]);
      return next === 'illegal' ? [] : [[kind, next]];
    });
    expect(Object.fromEntries(found)).toEqual(TAKES[state.kind]);
  });

  const CONFIRMED: Partial<Record<StateKind, string>> = { unconfirmed: 'promoted' };
  test.each(Object.values(STATES))('$kind, its glass broken', (state) => {
    const glass = { glass: GLASS };
    const goesOn = !isTerminal(state) && state.kind !== 'rolling-back';
    expect(stateAfter(state, EVENTS['glass-broken'], glass)).toBe('illegal');
    expect(stateAfter(state, EVENTS['glass-confirmed'], glass)).toBe(
      goesOn ? (CONFIRMED[state.kind] ?? state.kind) : 'illegal',
    );
    expect(stateAfter(state, { ...EVENTS['glass-confirmed'], by: person('bo') }, glass)).toBe('illegal');
    // too late, to the millisecond; and no lapse before that
    expect(stateAfter(state, EVENTS['glass-confirmed'], glass, T0 + HOUR)).toBe('illegal');
    expect(stateAfter(state, EVENTS['glass-lapsed'], glass, T0 + HOUR - 1)).toBe('illegal');
    const lapsed = {
      pushing: 'pushing',
      observing: 'rolling-back',
      undecided: 'rolling-back',
      unconfirmed: 'rolling-back',
    };
    expect(stateAfter(state, EVENTS['glass-lapsed'], glass, T0 + HOUR)).toBe(
      goesOn ? ((lapsed as Record<string, string>)[state.kind] ?? 'cancelled') : 'illegal',
    );
    const confirmed = { glass: { ...GLASS, confirmedBy: person('cyd') } };
    expect(stateAfter(state, EVENTS['glass-lapsed'], confirmed, T0 + HOUR)).toBe('illegal');
  });
});

test('an observed change whose glass nobody confirmed waits for that', () => {
  expect(stateAfter(STATES.observing, EVENTS['observed-healthy'], { glass: GLASS })).toBe('unconfirmed');
  expect(stateAfter(STATES.undecided, EVENTS.accepted, { glass: GLASS })).toBe('unconfirmed');
  const confirmed = { glass: { ...GLASS, confirmedBy: person('cyd') } };
  expect(stateAfter(STATES.observing, EVENTS['observed-healthy'], confirmed)).toBe('promoted');
});

describe('a rollback', () => {
  test.each([
    ['harm', STATES.observing, EVENTS['observed-harm'], 'undecided'],
    ['harm while undecided', STATES.undecided, EVENTS['observed-harm'], 'undecided'],
    ['nobody decides', STATES.undecided, EVENTS.expired, 'promoted'],
    ['a person wants it back', STATES.observing, EVENTS['rollback-ordered'], 'rolling-back'],
    ['Meshgate wants it back', STATES.observing, { ...EVENTS['rollback-ordered'], by: SYSTEM }, 'illegal'],
    ['Meshgate wants it back, early', STATES.pushing, { ...EVENTS['rollback-ordered'], by: SYSTEM }, 'illegal'],
    ['breaks no glass', STATES.gating, EVENTS['glass-broken'], 'illegal'],
  ])('%s', (_what, state, event, wanted) => {
    expect(stateAfter(state, event, ROLLBACK)).toBe(wanted);
  });
  test('may rest on a verdict from another base', () => {
    const verdict = verdictOn(PLAN, { baseDigest: digest(7) });
    expect(stateAfter({ ...GATING, verdict }, EVENTS['push-intended'], ROLLBACK)).toBe('pushing');
    expect(stateAfter({ ...GATING, verdict }, EVENTS['push-intended'])).toBe('illegal');
  });
});

describe('only what was proved is pushed', () => {
  test.each([
    ['fail', verdictOn(PLAN, { verdict: 'fail' })],
    ['inconclusive', verdictOn(PLAN, { verdict: 'inconclusive' })],
    ['of other bytes', verdictOn(PLAN, { digest: digest(7) })],
    ['from another base', verdictOn(PLAN, { baseDigest: undefined })],
  ])('a verdict: %s', (_what, verdict) => {
    expect(stateAfter({ ...GATING, verdict }, EVENTS['push-intended'])).toBe('illegal');
  });
  test('onto what it was proved from', () => {
    expect(stateAfter(GATING, { ...EVENTS['push-intended'], onto: 'v9' as never })).toBe('illegal');
  });
  test('a verdict of something else is not taken', () => {
    const verdict = verdictOn(PLAN, { digest: digest(7) });
    expect(stateAfter(STATES.verifying, { kind: 'verified', verdict })).toBe('illegal');
    const elsewhere = verdictOn(PLAN, { baseDigest: digest(7) });
    expect(stateAfter(STATES.verifying, { kind: 'verified', verdict: elsewhere })).toBe('illegal');
  });
  test('an inconclusive one can be had anew', () => {
    const inconclusive = { ...GATING, verdict: verdictOn(PLAN, { verdict: 'inconclusive' }) };
    expect(stateAfter(inconclusive, EVENTS.retried)).toBe('planning');
    expect(stateAfter(GATING, EVENTS.retried)).toBe('illegal');
  });
});

describe('approvals', () => {
  test('for something else, or by somebody without addresses, are not taken', () => {
    const approved = (change: object): PromotionEvent => ({ kind: 'approved', approval: approvalBy('bo', [], change) });
    expect(stateAfter(GATING, approved({}))).toBe('gating');
    expect(stateAfter(GATING, approved({ binding: 'x' }))).toBe('illegal');
    expect(stateAfter(GATING, approved({ emails: [] }))).toBe('illegal');
  });
  test('the newest of a person stands', () => {
    const once = nextPromotion(promotionIn(GATING), EVENTS.approved, T0);
    const again = { ...EVENTS.approved, approval: { ...EVENTS.approved.approval, comment: 'still' } };
    expect(nextPromotion(once, again, T0).approvals).toEqual([again.approval]);
  });
});

describe('wanted back while it is being pushed', () => {
  const aborted = nextPromotion(promotionIn(STATES.pushing), EVENTS['rollback-ordered'], T0).state;
  test.each<[string, PromotionEvent, string]>([
    ['it was pushed', EVENTS.pushed, 'rolling-back'],
    ['it was not, as somebody else was first', EVENTS['base-moved'], 'cancelled'],
    ['it was not', EVENTS.failed, 'cancelled'],
    ['nobody can tell', { ...EVENTS.failed, mayBePushed: true }, 'errored'],
    ['it cannot be confirmed any more', EVENTS['glass-confirmed'], 'illegal'],
  ])('%s', (_what, event, wanted) => {
    expect(stateAfter(aborted, event, { glass: GLASS })).toBe(wanted);
  });
  test('the first reason stands', () => {
    const again = { ...EVENTS['rollback-ordered'], reason: 'second' };
    expect(nextPromotion(promotionIn(aborted), again, T0).state).toMatchObject({ abort: { reason: 'back' } });
  });
});

describe('the first delivery ever', () => {
  const plan = planOn({ base: { ...PLAN.base, digest: undefined, revision: undefined } });
  test('has nothing to go back to: people decide, and nobody says it went back', () => {
    const observing: PromotionState = { ...STATES.observing, plan };
    const undecided: PromotionState = { ...STATES.undecided, plan };
    expect(stateAfter(observing, EVENTS['observed-harm'])).toBe('undecided');
    expect(stateAfter(observing, EVENTS['rollback-ordered'])).toBe('errored');
    expect(stateAfter(undecided, EVENTS.expired)).toBe('errored');
    expect(nextPromotion(promotionIn(undecided), EVENTS.expired, T0).state).toMatchObject({ mayBePushed: true });
  });
});

test('begins with a request, queued behind another where there is one', () => {
  const id = promotionIn(GATING).id;
  expect(newPromotion(id, EVENTS.requested, T0).state).toEqual({ kind: 'planning', sinceEpochMs: T0 });
  const behind = 'canary-0' as never;
  expect(newPromotion(id, { ...EVENTS.requested, behind }, T0).state).toMatchObject({ kind: 'queued', behind });
  expect(() => newPromotion(id, EVENTS.dequeued, T0)).toThrow(IllegalEvent);
});
