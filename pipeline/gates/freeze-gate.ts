import { freezeAt } from './freeze-windows.ts';
import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { open, waiting } from './gate-states.ts';

/** Neither a person nor a window of the calendar has frozen the stage. */
export function freezeGate({ stage, policy, nowEpochMs }: GateFacts): GateState {
  if (stage.freeze)
    return waiting(`${stage.freeze.by} froze ${stage.name}: ${stage.freeze.reason}`, undefined, policy.roles.freeze);
  const freeze = freezeAt(policy.freeze, nowEpochMs);
  if (freeze.kind === 'open') return open();
  return waiting(`${stage.name} is frozen: ${freeze.reasons.join('; ')}`, freeze.untilEpochMs);
}
