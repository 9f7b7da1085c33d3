import type { Policy } from '../access/policy.ts';
import type { Promotion, PromotionState, Step } from './promotion.ts';

const MINUTE_MS = 60_000;
/** How long Meshgate itself may take over a step, retries included, before the watchdog says that nobody can tell. */
const STEP_LIMITS_MS: { readonly [S in Exclude<Step, 'observing' | 'gating'>]: number } = {
  planning: 15 * MINUTE_MS,
  verifying: 120 * MINUTE_MS,
  pushing: 30 * MINUTE_MS,
  'rolling-back': 30 * MINUTE_MS,
};
/** Beside what `observe:` says: evidence comes in late, and a worker may have to be replaced. */
const OBSERVING_SLACK_MS = 10 * MINUTE_MS;
/** How long a fleet that nobody can judge stays as it is before it is taken back. */
const UNDECIDED_MS = 24 * 60 * MINUTE_MS;

/**
 * When a state ends by itself if nothing else ends it, and what the watchdog then appends. Every state that is not terminal has one,
 * whatever its policy says; a broken glass that nobody confirmed ends earlier.
 */
export type Deadline = {
  readonly atEpochMs: number;
  readonly event: 'failed' | 'expired' | 'observed-nothing' | 'glass-lapsed';
};

/** Undefined for terminal states, and only for those. */
export function deadlineOf(
  { state, glass }: Pick<Promotion, 'state' | 'glass'>,
  policy: Pick<Policy, 'expireMs' | 'observe'>,
): Deadline | undefined {
  const own = stateDeadline(state, policy);
  if (!own || !glass || glass.confirmedBy !== undefined || !lapsesIn(state)) return own;
  return state.kind === 'unconfirmed' || glass.confirmByEpochMs <= own.atEpochMs
    ? { atEpochMs: glass.confirmByEpochMs, event: 'glass-lapsed' }
    : own;
}

/** Once it is on its way back, no confirmation is waited for. */
const lapsesIn = (state: PromotionState): boolean =>
  state.kind !== 'rolling-back' && !(state.kind === 'pushing' && state.abort !== undefined);

function stateDeadline(
  state: PromotionState,
  { expireMs, observe }: Pick<Policy, 'expireMs' | 'observe'>,
): Deadline | undefined {
  const after = (ms: number, event: Deadline['event']): Deadline => ({ atEpochMs: state.sinceEpochMs + ms, event });
  switch (state.kind) {
    case 'queued':
    case 'gating':
    case 'errored':
      return after(expireMs, 'expired');
    case 'planning':
    case 'verifying':
    case 'pushing':
    case 'rolling-back':
      return after(STEP_LIMITS_MS[state.kind], 'failed');
    case 'observing':
      return after(observe.ackWithinMs + observe.forMs + OBSERVING_SLACK_MS, 'observed-nothing');
    case 'undecided':
    case 'unconfirmed':
      return after(UNDECIDED_MS, 'expired');
    case 'promoted':
    case 'rolled-back':
    case 'rejected':
    case 'cancelled':
    case 'superseded':
    case 'expired':
      return undefined;
    default:
      return state satisfies never;
  }
}
