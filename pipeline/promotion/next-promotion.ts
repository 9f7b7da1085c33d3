import type { PromotionId } from '../ids.ts';
import type { PromotionEvent } from './events.ts';
import { isTerminal, type Promotion, type PromotionState } from './promotion.ts';

/** An event that a promotion cannot take in the state it is in: a bug of the caller, or a writer that lost a race. */
export class IllegalEvent extends Error {
  override readonly name = 'IllegalEvent';
}

/** The first event of a promotion makes it. Throws `IllegalEvent` for any other. */
export function newPromotion(id: PromotionId, event: PromotionEvent, atEpochMs: number): Promotion {
  if (event.kind !== 'requested')
    throw new IllegalEvent(`promotion ${id} begins with "requested", not "${event.kind}"`);
  const { request, behind } = event;
  const state: PromotionState =
    behind === undefined
      ? { kind: 'planning', sinceEpochMs: atEpochMs }
      : { kind: 'queued', behind, sinceEpochMs: atEpochMs };
  return { id, request, state, approvals: [], glass: undefined, version: 1 };
}

/**
 * The promotion after an event. Pure and exhaustive: I/O happens around it, after the event is stored. Throws `IllegalEvent` where
 * the state does not take the event; nothing changes then.
 */
export function nextPromotion(promotion: Promotion, event: PromotionEvent, atEpochMs: number): Promotion {
  const next = { ...promotion, version: promotion.version + 1 };
  switch (event.kind) {
    case 'approved':
      if (promotion.state.kind !== 'gating') throw illegal(promotion, event);
      return {
        ...next,
        approvals: [...promotion.approvals.filter(({ by }) => by !== event.approval.by), event.approval],
      };
    case 'glass-broken': {
      if (isTerminal(promotion.state) || promotion.glass || !mayBreakGlass(promotion.state))
        throw illegal(promotion, event);
      const { gates, by, reason, confirmByEpochMs } = event;
      return { ...next, glass: { gates, by, reason, confirmByEpochMs, confirmedBy: undefined } };
    }
    case 'glass-confirmed':
      if (
        isTerminal(promotion.state) ||
        !promotion.glass ||
        promotion.glass.confirmedBy ||
        promotion.glass.by === event.by
      )
        throw illegal(promotion, event);
      return {
        ...next,
        glass: { ...promotion.glass, confirmedBy: event.by },
        state: afterConfirmation(promotion.state, atEpochMs),
      };
    default:
      return { ...next, state: nextState(promotion, event, atEpochMs) };
  }
}

const mayBreakGlass = ({ kind }: PromotionState): boolean =>
  kind === 'queued' || kind === 'planning' || kind === 'verifying' || kind === 'gating';

const afterConfirmation = (state: PromotionState, sinceEpochMs: number): PromotionState =>
  state.kind === 'unconfirmed'
    ? { kind: 'promoted', plan: state.plan, delivered: state.delivered, evidence: undefined, sinceEpochMs }
    : state;

type StateEvent = Exclude<PromotionEvent, { kind: 'approved' | 'glass-broken' | 'glass-confirmed' }>;

function nextState(promotion: Promotion, event: StateEvent, sinceEpochMs: number): PromotionState {
  const { state, glass } = promotion;
  switch (state.kind) {
    case 'queued':
      if (event.kind === 'dequeued') return { kind: 'planning', sinceEpochMs };
      return beforePush(promotion, event, sinceEpochMs);
    case 'planning':
      if (event.kind === 'planned') return { kind: 'verifying', plan: event.plan, sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return beforePush(promotion, event, sinceEpochMs);
    case 'verifying':
      if (event.kind === 'verified') return { kind: 'gating', plan: state.plan, verdict: event.verdict, sinceEpochMs };
      if (event.kind === 'base-moved') return { kind: 'planning', sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return beforePush(promotion, event, sinceEpochMs);
    case 'gating':
      if (event.kind === 'push-intended') {
        // Whoever forgets the gates is stopped here as well: only a passing verdict for these bytes is ever pushed.
        if (state.verdict.verdict !== 'pass' || state.verdict.digest !== state.plan.digest)
          throw illegal(promotion, event);
        if (state.verdict.baseDigest !== state.plan.base.digest || event.onto !== state.plan.base.targetVersion)
          throw illegal(promotion, event);
        return { kind: 'pushing', plan: state.plan, verdict: state.verdict, abort: undefined, sinceEpochMs };
      }
      if (event.kind === 'base-moved') return { kind: 'planning', sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return beforePush(promotion, event, sinceEpochMs);
    case 'pushing': {
      const { plan, verdict, abort } = state;
      if (event.kind === 'rollback-ordered') return { ...state, abort: { by: event.by, reason: event.reason } };
      if (event.kind === 'glass-lapsed')
        return { ...state, abort: { by: WATCHDOG, reason: 'nobody confirmed the broken glass in time' } };
      if (event.kind === 'base-moved')
        return abort
          ? { kind: 'cancelled', by: abort.by, reason: abort.reason, sinceEpochMs }
          : { kind: 'planning', sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      if (event.kind !== 'pushed') throw illegal(promotion, event);
      const delivered = { targetVersion: event.targetVersion, atEpochMs: event.atEpochMs };
      return abort
        ? { kind: 'rolling-back', plan, delivered, findings: [], by: abort.by, reason: abort.reason, sinceEpochMs }
        : { kind: 'observing', plan, verdict, delivered, sinceEpochMs };
    }
    case 'observing': {
      const { plan, delivered } = state;
      if (event.kind === 'observed-healthy')
        return glass && !glass.confirmedBy
          ? { kind: 'unconfirmed', plan, delivered, sinceEpochMs }
          : { kind: 'promoted', plan, delivered, evidence: event.evidence, sinceEpochMs };
      if (event.kind === 'observed-nothing')
        return { kind: 'undecided', plan, delivered, findings: event.findings, sinceEpochMs };
      // A rollback is not rolled back: the stage is held and people decide.
      if (event.kind === 'observed-harm' && promotion.request.purpose === 'rollback')
        return { kind: 'undecided', plan, delivered, findings: event.findings, sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return backwards(promotion, { plan, delivered }, event, sinceEpochMs);
    }
    case 'undecided': {
      const { plan, delivered } = state;
      if (event.kind === 'accepted')
        return glass && !glass.confirmedBy
          ? { kind: 'unconfirmed', plan, delivered, sinceEpochMs }
          : { kind: 'promoted', plan, delivered, evidence: undefined, sinceEpochMs };
      return backwards(promotion, { plan, delivered }, event, sinceEpochMs);
    }
    case 'unconfirmed':
      return backwards(promotion, state, event, sinceEpochMs);
    case 'rolling-back':
      if (event.kind === 'rolled-back')
        return { kind: 'rolled-back', plan: state.plan, findings: state.findings, reason: state.reason, sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      throw illegal(promotion, event);
    case 'errored':
      if (event.kind === 'retried') return { kind: 'planning', sinceEpochMs };
      if (event.kind === 'cancelled') return { kind: 'cancelled', by: event.by, reason: event.reason, sinceEpochMs };
      if (event.kind === 'superseded') return { kind: 'superseded', by: event.by, sinceEpochMs };
      if (event.kind === 'expired') return { kind: 'expired', was: `errored during ${state.during}`, sinceEpochMs };
      throw illegal(promotion, event);
    case 'promoted':
    case 'rolled-back':
    case 'rejected':
    case 'cancelled':
    case 'superseded':
    case 'expired':
      throw illegal(promotion, event);
    default:
      return state satisfies never;
  }
}

const WATCHDOG = { kind: 'system', part: 'watchdog' } as const;

/** What every state takes as long as nothing was pushed. */
function beforePush(promotion: Promotion, event: StateEvent, sinceEpochMs: number): PromotionState {
  switch (event.kind) {
    case 'rejected':
      return { kind: 'rejected', findings: event.findings, by: event.by, reason: event.reason, sinceEpochMs };
    case 'cancelled':
    case 'rollback-ordered':
      return { kind: 'cancelled', by: event.by, reason: event.reason, sinceEpochMs };
    case 'superseded':
      return { kind: 'superseded', by: event.by, sinceEpochMs };
    case 'expired':
      return { kind: 'expired', was: promotion.state.kind, sinceEpochMs };
    case 'glass-lapsed':
      return { kind: 'cancelled', by: WATCHDOG, reason: 'nobody confirmed the broken glass in time', sinceEpochMs };
    default:
      throw illegal(promotion, event);
  }
}

type Landed = Pick<Extract<PromotionState, { kind: 'observing' }>, 'plan' | 'delivered'>;

/** What takes a pushed promotion back. */
function backwards(
  promotion: Promotion,
  { plan, delivered }: Landed,
  event: StateEvent,
  sinceEpochMs: number,
): PromotionState {
  const back = (by: Extract<PromotionState, { kind: 'rolling-back' }>['by'], reason: string): PromotionState => ({
    kind: 'rolling-back',
    plan,
    delivered,
    findings: event.kind === 'observed-harm' ? event.findings : [],
    by,
    reason,
    sinceEpochMs,
  });
  switch (event.kind) {
    case 'observed-harm':
      return back({ kind: 'system', part: 'observer' }, 'the fleet got worse');
    case 'rollback-ordered':
      return back(event.by, event.reason);
    case 'glass-lapsed':
      return back(WATCHDOG, 'nobody confirmed the broken glass in time');
    case 'expired':
      return back(WATCHDOG, `nobody decided while it was ${promotion.state.kind}`);
    default:
      throw illegal(promotion, event);
  }
}

const errored = (
  { during, message, mayBePushed }: Extract<PromotionEvent, { kind: 'failed' }>,
  sinceEpochMs: number,
): PromotionState => ({ kind: 'errored', during, message, mayBePushed, sinceEpochMs });

const illegal = ({ id, state }: Promotion, { kind }: PromotionEvent): IllegalEvent =>
  new IllegalEvent(`promotion ${id} cannot take "${kind}" while ${state.kind}`);
