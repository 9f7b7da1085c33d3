import type { PersonId } from '../ids.ts';
import { SKIPPABLE_GATES } from '../promotion/promotion.ts';
import { approvalsGate } from './approvals-gate.ts';
import { freezeGate } from './freeze-gate.ts';
import type { GateName, GateReport, GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { open } from './gate-states.ts';
import { orderGate } from './order-gate.ts';
import { ownersGate } from './owners-gate.ts';
import { soakGate } from './soak-gate.ts';
import { holdGate, stopGate } from './stop-and-hold-gates.ts';
import { validApprovals } from './valid-approvals.ts';
import { verdictGate } from './verdict-gate.ts';

type Gate = {
  readonly name: GateName;
  readonly judge: (facts: GateFacts) => GateState;
  /** Going back to what was good protects; only its proof is asked for. */
  readonly asksRollbacks: boolean;
};

/** All gates, in the order in which people are told of them. */
const GATES: readonly Gate[] = [
  { name: 'stop', judge: stopGate, asksRollbacks: false },
  { name: 'hold', judge: holdGate, asksRollbacks: false },
  { name: 'order', judge: orderGate, asksRollbacks: false },
  { name: 'verdict', judge: verdictGate, asksRollbacks: true },
  { name: 'soak', judge: soakGate, asksRollbacks: false },
  { name: 'freeze', judge: freezeGate, asksRollbacks: false },
  { name: 'approvals', judge: approvalsGate, asksRollbacks: false },
  { name: 'owners', judge: ownersGate, asksRollbacks: false },
];

/** What every gate says now. A throw means that nobody could tell, never yes or no. */
export function judgeGates(facts: GateFacts): readonly GateReport[] {
  return GATES.map(({ name, judge, asksRollbacks }) => {
    if (facts.promotion.request.purpose === 'rollback' && !asksRollbacks)
      return { gate: name, state: open('a rollback is not held up') };
    return { gate: name, state: skipped(name, judge(facts), facts) };
  });
}

/** A broken glass skips the gates that it names, as long as it is not past its time without a second person. */
function skipped(gate: GateName, state: GateState, { promotion: { glass }, nowEpochMs }: GateFacts): GateState {
  const isSkipped =
    glass !== undefined &&
    (SKIPPABLE_GATES as readonly string[]).includes(gate) &&
    (glass.gates as readonly string[]).includes(gate) &&
    (glass.confirmedBy !== undefined || nowEpochMs < glass.confirmByEpochMs);
  return isSkipped && state.kind !== 'open' ? { kind: 'skipped', by: glass.by, instead: wordsOf(state) } : state;
}

/** Every gate is open, or skipped. */
export const mayPush = (reports: readonly GateReport[]): boolean =>
  GATES.every(({ name }) =>
    reports.some(({ gate, state }) => gate === name && (state.kind === 'open' || state.kind === 'skipped')),
  );

/** What a gate says, in one line. */
export function wordsOf(state: GateState): string {
  switch (state.kind) {
    case 'open':
      return state.note ?? 'open';
    case 'closed':
      return state.findings.map(({ saw, want }) => `${saw}; want ${want}`).join('; ');
    case 'waiting':
      return state.reason;
    case 'skipped':
      return `skipped by ${state.by}: ${state.instead}`;
    default:
      return state satisfies never;
  }
}

/** Who approved what is about to be pushed: goes with `push-intended`. */
export const approversOf = (facts: GateFacts): readonly PersonId[] => validApprovals(facts).map(({ by }) => by);
