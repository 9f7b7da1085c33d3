import { refusal } from '../access/refusal.ts';
import type { PersonId } from '../ids.ts';
import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';

/** The words that gates share. */
export const open = (note?: string): GateState => ({ kind: 'open', ...(note === undefined ? {} : { note }) });

export const closed = ({ policy }: GateFacts, rule: string, saw: string, want: string): GateState => ({
  kind: 'closed',
  findings: [refusal(rule, policy.stage, saw, want)],
});

export const waiting = (
  reason: string,
  untilEpochMs: number | undefined,
  groups: readonly string[] = [],
  people: readonly PersonId[] = [],
): GateState => ({ kind: 'waiting', reason, untilEpochMs, owners: { groups, people } });
