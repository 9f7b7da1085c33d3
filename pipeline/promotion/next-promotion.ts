import type { Finding } from '../../render/finding.ts';
import type { Actor, PromotionId } from '../ids.ts';
import { bindingOf } from './approval.ts';
import type { PromotionEvent } from './events.ts';
import type { Plan, VerdictRecord } from './plan.ts';
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
      // Whoever forgets to look is stopped here as well: no yes for something else, and none of whom it is not known what they wrote.
      if (
        promotion.state.kind !== 'gating' ||
        event.approval.emails.length === 0 ||
        event.approval.binding !== bindingOf(promotion.state.plan, promotion.state.verdict)
      )
        throw illegal(promotion, event);
      return {
        ...next,
        approvals: [...promotion.approvals.filter(({ by }) => by !== event.approval.by), event.approval],
      };
    case 'glass-broken': {
      const { gates, by, reason, confirmByEpochMs } = event;
      // A rollback passes every gate that glass could skip.
      if (promotion.request.purpose === 'rollback' || promotion.glass || !mayBreakGlass(promotion.state))
        throw illegal(promotion, event);
      if (gates.length === 0 || confirmByEpochMs <= atEpochMs) throw illegal(promotion, event);
      return { ...next, glass: { gates, by, reason, confirmByEpochMs, confirmedBy: undefined } };
    }
    case 'glass-confirmed':
      if (
        !promotion.glass ||
        promotion.glass.confirmedBy ||
        promotion.glass.by === event.by ||
        atEpochMs >= promotion.glass.confirmByEpochMs ||
        isTerminal(promotion.state) ||
        isGoingBack(promotion.state)
      )
        throw illegal(promotion, event);
      return {
        ...next,
        glass: { ...promotion.glass, confirmedBy: event.by },
        state: afterConfirmation(promotion.state, atEpochMs),
      };
    case 'glass-lapsed':
      if (!promotion.glass || promotion.glass.confirmedBy || atEpochMs < promotion.glass.confirmByEpochMs)
        throw illegal(promotion, event);
      return { ...next, state: nextState(promotion, event, atEpochMs) };
    default:
      return { ...next, state: nextState(promotion, event, atEpochMs) };
  }
}

/** Too late for a confirmation. */
const isGoingBack = (state: PromotionState): boolean =>
  state.kind === 'rolling-back' || (state.kind === 'pushing' && state.abort !== undefined);

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
      if (event.kind === 'verified') {
        if (!isVerdictOf(promotion, state.plan, event.verdict)) throw illegal(promotion, event);
        return { kind: 'gating', plan: state.plan, verdict: event.verdict, sinceEpochMs };
      }
      if (event.kind === 'base-moved') return { kind: 'planning', sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return beforePush(promotion, event, sinceEpochMs);
    case 'gating':
      if (event.kind === 'push-intended') {
        // Whoever forgets the gates is stopped here as well: only a passing verdict for these bytes is ever pushed.
        if (state.verdict.verdict !== 'pass' || !isVerdictOf(promotion, state.plan, state.verdict))
          throw illegal(promotion, event);
        if (event.onto !== state.plan.base.targetVersion) throw illegal(promotion, event);
        return { kind: 'pushing', plan: state.plan, verdict: state.verdict, abort: undefined, sinceEpochMs };
      }
      if (event.kind === 'base-moved') return { kind: 'planning', sinceEpochMs };
      // Nobody could tell whether it works; a person has it proved once more.
      if (event.kind === 'retried' && state.verdict.verdict === 'inconclusive')
        return { kind: 'planning', sinceEpochMs };
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return beforePush(promotion, event, sinceEpochMs);
    case 'pushing': {
      const { plan, verdict, abort } = state;
      // The first reason stands.
      if (event.kind === 'rollback-ordered') {
        if (!mayGoBack(promotion, event.by)) throw illegal(promotion, event);
        return { ...state, abort: abort ?? { by: event.by, reason: event.reason } };
      }
      if (event.kind === 'glass-lapsed') return { ...state, abort: abort ?? { by: WATCHDOG, reason: LAPSED } };
      if (event.kind === 'base-moved')
        return abort
          ? { kind: 'cancelled', by: abort.by, reason: abort.reason, sinceEpochMs }
          : { kind: 'planning', sinceEpochMs };
      if (event.kind === 'failed')
        return abort && !event.mayBePushed
          ? { kind: 'cancelled', by: abort.by, reason: abort.reason, sinceEpochMs }
          : errored(event, sinceEpochMs);
      if (event.kind !== 'pushed') throw illegal(promotion, event);
      const delivered = { targetVersion: event.targetVersion, atEpochMs: event.atEpochMs };
      return abort
        ? rollingBack({ plan, delivered }, abort.by, abort.reason, [], sinceEpochMs)
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
      if (event.kind === 'failed') return errored(event, sinceEpochMs);
      return backwards(promotion, { plan, delivered }, event, sinceEpochMs);
    }
    case 'undecided': {
      const { plan, delivered } = state;
      if (event.kind === 'accepted')
        return glass && !glass.confirmedBy
          ? { kind: 'unconfirmed', plan, delivered, sinceEpochMs }
          : { kind: 'promoted', plan, delivered, evidence: undefined, sinceEpochMs };
      if (event.kind === 'expired')
        return mayGoBack(promotion, WATCHDOG)
          ? rollingBack(state, WATCHDOG, 'nobody decided while it was undecided', state.findings, sinceEpochMs)
          : // What was good before stays, and the stage with it: it is held.
            { kind: 'promoted', plan, delivered, evidence: undefined, sinceEpochMs };
      return backwards(promotion, { plan, delivered }, event, sinceEpochMs);
    }
    case 'unconfirmed':
      if (event.kind === 'expired') return rollingBack(state, WATCHDOG, LAPSED, [], sinceEpochMs);
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
      if (event.kind === 'glass-lapsed') return { kind: 'cancelled', by: WATCHDOG, reason: LAPSED, sinceEpochMs };
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
const LAPSED = 'nobody confirmed the broken glass in time';

/** Of exactly these bytes, on the way from exactly what is there now; for going back, proved on whatever way it came. */
const isVerdictOf = ({ request }: Promotion, plan: Plan, verdict: VerdictRecord): boolean =>
  verdict.digest === plan.digest && (verdict.baseDigest === plan.base.digest || request.purpose === 'rollback');

/** A rollback is never rolled back automatically: people decide. */
const mayGoBack = ({ request }: Promotion, by: Actor): boolean =>
  request.purpose !== 'rollback' || by.kind === 'person';

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
      return { kind: 'cancelled', by: WATCHDOG, reason: LAPSED, sinceEpochMs };
    default:
      throw illegal(promotion, event);
  }
}

type Landed = Pick<Extract<PromotionState, { kind: 'observing' }>, 'plan' | 'delivered'>;

/** What takes a pushed promotion back. */
function backwards(promotion: Promotion, landed: Landed, event: StateEvent, sinceEpochMs: number): PromotionState {
  switch (event.kind) {
    case 'observed-harm':
      // Where it may not or cannot go back, people decide.
      return mayGoBack(promotion, OBSERVER) && landed.plan.base.digest !== undefined
        ? rollingBack(landed, OBSERVER, 'the fleet got worse', event.findings, sinceEpochMs)
        : { kind: 'undecided', ...onlyLanded(landed), findings: event.findings, sinceEpochMs };
    case 'rollback-ordered':
      if (!mayGoBack(promotion, event.by)) throw illegal(promotion, event);
      return rollingBack(landed, event.by, event.reason, [], sinceEpochMs);
    case 'glass-lapsed':
      return rollingBack(landed, WATCHDOG, LAPSED, [], sinceEpochMs);
    default:
      throw illegal(promotion, event);
  }
}
const OBSERVER = { kind: 'system', part: 'observer' } as const;
const onlyLanded = ({ plan, delivered }: Landed): Landed => ({ plan, delivered });

/** On the way back to the base. Where nothing was delivered before there is none: nobody can do it, and the stage is held. */
function rollingBack(
  landed: Landed,
  by: Actor,
  reason: string,
  findings: readonly Finding[],
  sinceEpochMs: number,
): PromotionState {
  if (landed.plan.base.digest !== undefined)
    return { kind: 'rolling-back', ...onlyLanded(landed), findings, by, reason, sinceEpochMs };
  const message = `${reason}; nothing was delivered here before, so there is nothing to go back to`;
  return { kind: 'errored', during: 'rolling-back', message, mayBePushed: true, sinceEpochMs };
}

const errored = (
  { during, message, mayBePushed }: Extract<PromotionEvent, { kind: 'failed' }>,
  sinceEpochMs: number,
): PromotionState => ({ kind: 'errored', during, message, mayBePushed, sinceEpochMs });

const illegal = ({ id, state }: Promotion, { kind }: PromotionEvent): IllegalEvent =>
  new IllegalEvent(`promotion ${id} cannot take "${kind}" while ${state.kind}`);
