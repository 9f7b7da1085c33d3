import type { PromotionId } from '../ids.ts';
import type { PromotionEvent } from '../promotion/events.ts';
import { isTerminal, type Promotion, type StateKind } from '../promotion/promotion.ts';
import { StoreError } from '../store/store-error.ts';
import { afterFault, failNow, stepOf } from './attempts.ts';
import type { EnginePorts } from './ports.ts';
import { record } from './record.ts';
import { MOVED, moveOn, policyAt, rulingRevision, type Step, type StepResult, WATCHDOG, waiting } from './step.ts';
import { gateStep } from './steps/gate-step.ts';
import { observeStep } from './steps/observe-step.ts';
import { planStep } from './steps/plan-step.ts';
import { pushStep } from './steps/push-step.ts';
import { queueStep } from './steps/queue-step.ts';
import { rollBackStep } from './steps/roll-back-step.ts';
import { verifyStep } from './steps/verify-step.ts';
import { forgetTimer, lookAgainAt } from './timers.ts';

/** Nothing is done: an event or the deadline ends it. */
const rest: Step = async () => waiting();

const STEPS: { readonly [Kind in StateKind]: Step } = {
  queued: queueStep,
  planning: planStep,
  verifying: verifyStep,
  gating: gateStep,
  pushing: pushStep,
  observing: observeStep,
  undecided: rest,
  unconfirmed: rest,
  'rolling-back': rollBackStep,
  errored: rest,
  promoted: rest,
  'rolled-back': rest,
  rejected: rest,
  cancelled: rest,
  superseded: rest,
  expired: rest,
};

/** Where the policy of a stage cannot be read, nothing waits for longer than this. */
const DEADLINE_WITHOUT_POLICY_MS = 7 * 24 * 3_600_000;

/**
 * Moves a promotion on as far as it goes now, and sees to it that somebody looks again. May run any number of times, in any number of
 * processes, and be stopped anywhere: each step is stored before the next begins. Rejects when the store is gone, or when aborted.
 */
export async function advance(id: PromotionId, ports: EnginePorts, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const promotion = await ports.store.read.promotion(id);
    if (!promotion) return;
    if (isTerminal(promotion.state)) return forgetTimer(ports.store, id);
    const deadline = await deadlineOf(promotion, ports, signal);
    const result = (await overdue(promotion, deadline, ports)) ?? (await take(promotion, ports, signal));
    if (result.kind === 'moved') continue;
    const times = [result.againAtEpochMs, deadline, glassDeadline(promotion)].filter((time) => time !== undefined);
    await lookAgainAt(ports, promotion, Math.min(...times));
    return;
  }
}

async function take(promotion: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<StepResult> {
  try {
    return await STEPS[promotion.state.kind](promotion, ports, signal);
  } catch (fault) {
    // Stopped, or no place to write to: neither says anything about the promotion.
    if (signal.aborted || fault instanceof StoreError) throw fault;
    return afterFault(promotion, fault, ports);
  }
}

async function deadlineOf(promotion: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<number> {
  const { stage, revision } = promotion.request;
  const latest = promotion.state.sinceEpochMs + DEADLINE_WITHOUT_POLICY_MS;
  try {
    const ruling = rulingRevision(await ports.store.read.stage(stage), revision);
    return ports.rules.deadlineOf(promotion, await policyAt(ports, ruling, stage, signal)) ?? latest;
  } catch (fault) {
    if (signal.aborted || fault instanceof StoreError) throw fault;
    return latest;
  }
}

/** A broken glass that nobody confirmed ends before anything else does. */
const glassDeadline = ({ glass, state }: Promotion): number | undefined =>
  glass && !glass.confirmedBy && state.kind !== 'rolling-back' && state.kind !== 'errored'
    ? glass.confirmByEpochMs
    : undefined;

async function overdue(promotion: Promotion, deadline: number, ports: EnginePorts): Promise<StepResult | undefined> {
  const now = ports.clock.nowEpochMs();
  const glass = glassDeadline(promotion);
  // A push that was intended has one answer, which the next step gets; the glass is looked at again then.
  if (glass !== undefined && now >= glass && !(promotion.state.kind === 'pushing' && promotion.state.abort))
    return end(promotion, { kind: 'glass-lapsed' }, ports);
  if (now < deadline) return undefined;
  switch (promotion.state.kind) {
    case 'queued':
    case 'gating':
    case 'undecided':
    case 'unconfirmed':
    case 'errored':
      return end(promotion, { kind: 'expired' }, ports);
    default:
      return stepOf(promotion) ? failNow(promotion, 'it took longer than it may', ports) : undefined;
  }
}

async function end(promotion: Promotion, event: PromotionEvent, ports: EnginePorts): Promise<StepResult> {
  await moveOn(ports, promotion, async (tx, now) => {
    await record(tx, WATCHDOG, now, event);
  });
  return MOVED;
}
