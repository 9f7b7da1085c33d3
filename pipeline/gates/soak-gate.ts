import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { open, waiting } from './gate-states.ts';

/**
 * The revision has been live in the stage before for the time, undisturbed: a later landing, a hold or drift begins it anew. It is live
 * from when its own promotion ended well; while it was watched, or nobody could tell, it did not soak. While something else is in that
 * stage's target and not settled, nothing soaks there either.
 */
export function soakGate({ nowEpochMs, policy, previous, promotion, unsettledBefore }: GateFacts): GateState {
  const { soakMs, previousStage: before, roles } = policy;
  if (soakMs <= 0 || before === undefined) return open();
  if (!previous?.live || previous.live.revision !== promotion.request.revision)
    return waiting(`it soaks once it is live in ${before}`, undefined, roles.request);
  if (previous.hold) return waiting(`${before} is held: it soaks anew once that is released`, undefined, roles.release);
  if (previous.drift)
    return waiting(`${before} does not run what was promoted: it soaks anew once it does`, undefined, roles.rollback);
  if (unsettledBefore !== undefined)
    return waiting(`${before} is at ${unsettledBefore}, which is not settled: why ${unsettledBefore}`, undefined);
  const since = Math.max(previous.live.atEpochMs, previous.disturbedEpochMs ?? 0);
  const until = since + soakMs;
  return nowEpochMs >= until ? open() : waiting(`it soaks in ${before}`, until);
}
