import type { GateReport } from '../../pipeline/gates/gate.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import { bindingIn } from '../render/buttons.ts';
import type { KeyedNote } from './note.ts';

/** When people are reminded, as a share of the time that they have. */
const REMIND_AT = 0.5;

/**
 * Whom to ask now: the groups that can open a waiting gate, once for each gate and what is decided there, and once more after half of
 * the time. What was planned anew is asked anew, as the approvals have lapsed.
 */
export function questionsFor(
  promotion: Promotion,
  gates: readonly GateReport[],
  deadlineEpochMs: number | undefined,
  nowEpochMs: number,
): readonly KeyedNote[] {
  const { id, state } = promotion;
  const binding = bindingIn(promotion)?.slice(0, 16);
  if (state.kind !== 'gating' || binding === undefined) return [];
  return gates.flatMap(({ gate, state: waits }): KeyedNote[] => {
    if (waits.kind !== 'waiting' || waits.owners.groups.length === 0) return [];
    const { reason } = waits;
    const { groups } = waits.owners;
    const ask: KeyedNote = {
      key: `ask:${id}:${gate}:${binding}`,
      subject: id,
      note: { kind: 'ask', gate, reason, groups },
    };
    if (deadlineEpochMs === undefined) return [ask];
    const remindAt = state.sinceEpochMs + (deadlineEpochMs - state.sinceEpochMs) * REMIND_AT;
    if (nowEpochMs < remindAt || nowEpochMs >= deadlineEpochMs) return [ask];
    const note = { kind: 'remind', gate, reason, groups, untilEpochMs: deadlineEpochMs } as const;
    return [ask, { key: `remind:${id}:${gate}:${binding}`, subject: id, note }];
  });
}
