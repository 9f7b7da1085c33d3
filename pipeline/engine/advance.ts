import type { PromotionId } from '../ids.ts';
import { type Deadline, deadlineOf } from '../promotion/deadlines.ts';
import type { PromotionEvent } from '../promotion/events.ts';
import { isTerminal, type Promotion, type StateKind } from '../promotion/promotion.ts';
import { StoreError } from '../store/store-error.ts';
import { afterFault, failNow, restsUntil, stepOf } from './attempts.ts';
import { engineFinding } from './engine-finding.ts';
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
const still: Step = async () => waiting();

const STEPS: { readonly [Kind in StateKind]: Step } = {
  queued: queueStep,
  planning: planStep,
  verifying: verifyStep,
  gating: gateStep,
  pushing: pushStep,
  observing: observeStep,
  undecided: still,
  unconfirmed: still,
  'rolling-back': rollBackStep,
  errored: still,
  promoted: still,
  'rolled-back': still,
  rejected: still,
  cancelled: still,
  superseded: still,
  expired: still,
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
    const deadline = await deadlineIn(promotion, ports, signal);
    const result = (await overdue(promotion, deadline, ports)) ?? (await take(promotion, ports, signal));
    if (result.kind === 'moved') continue;
    await lookAgainAt(ports, promotion, Math.min(result.againAtEpochMs ?? deadline.atEpochMs, deadline.atEpochMs));
    return;
  }
}

async function take(promotion: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<StepResult> {
  const rest = await restsUntil(ports, promotion);
  if (rest !== undefined) return waiting(rest);
  try {
    return await STEPS[promotion.state.kind](promotion, ports, signal);
  } catch (fault) {
    // Stopped, or no place to write to: neither says anything about the promotion.
    if (signal.aborted || fault instanceof StoreError) throw fault;
    return afterFault(promotion, fault, ports);
  }
}

/** Where the policy cannot be read, the defaults of a policy hold. */
async function deadlineIn(promotion: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<Deadline> {
  const { stage, revision } = promotion.request;
  const latest: Deadline = { atEpochMs: promotion.state.sinceEpochMs + DEADLINE_WITHOUT_POLICY_MS, event: 'expired' };
  try {
    const ruling = rulingRevision(await ports.store.read.stage(stage), revision);
    return deadlineOf(promotion, await policyAt(ports, ruling, stage, signal)) ?? latest;
  } catch (fault) {
    if (signal.aborted || fault instanceof StoreError) throw fault;
    return stepOf(promotion) && promotion.state.kind !== 'gating' ? { ...latest, event: 'failed' } : latest;
  }
}

/** What the watchdog does when nothing else ended the state in its time. */
async function overdue(
  promotion: Promotion,
  { atEpochMs, event }: Deadline,
  ports: EnginePorts,
): Promise<StepResult | undefined> {
  if (ports.clock.nowEpochMs() < atEpochMs) return undefined;
  if (event === 'failed') return failNow(promotion, 'it took longer than it may', ports);
  if (event === 'observed-nothing') {
    const { stage } = promotion.request;
    const findings = [
      engineFinding('not-observed', stage, 'no end of the watch in its time', 'evidence of how the fleet takes it'),
    ];
    return moveOn(ports, promotion, async (tx, now) => {
      const evidence = await tx.keep('observation', JSON.stringify({ findings }));
      await record(tx, WATCHDOG, now, { kind: event, findings, evidence }, [evidence]);
    });
  }
  return end(promotion, { kind: event }, ports);
}

async function end(promotion: Promotion, event: PromotionEvent, ports: EnginePorts): Promise<StepResult> {
  await moveOn(ports, promotion, async (tx, now) => {
    await record(tx, WATCHDOG, now, event);
  });
  return MOVED;
}
