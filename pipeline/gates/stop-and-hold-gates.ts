import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { open, waiting } from './gate-states.ts';

/** Nothing moves forward in any stage while the line is stopped. */
export function stopGate({ line, policy }: GateFacts): GateState {
  if (!line.stopped) return open();
  const { by, reason } = line.stopped;
  return waiting(`${by} stopped all stages: ${reason}`, undefined, policy.roles.freeze);
}

/** A stage that was taken back stays where it is until a person releases it. */
export function holdGate({ stage, policy }: GateFacts): GateState {
  return stage.hold ? waiting(`${stage.name} is held: ${stage.hold.reason}`, undefined, policy.roles.release) : open();
}
