import type { Promotion, Step } from '../promotion/promotion.ts';
import type { EnginePorts } from './ports.ts';
import { record } from './record.ts';
import { moveOn, PIPELINE, type StepResult, waiting } from './step.ts';

/** Waits between attempts: about two minutes in all, so that a target or repository may be away for a while. */
const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000] as const;

/** States in which the target may have got something. */
const MAY_BE_PUSHED: readonly Step[] = ['pushing', 'observing', 'rolling-back'];

const STEPS: readonly string[] = [
  'planning',
  'verifying',
  'gating',
  'pushing',
  'observing',
  'rolling-back',
] satisfies Step[];
export const stepOf = ({ state }: Promotion): Step | undefined =>
  STEPS.includes(state.kind) ? (state.kind as Step) : undefined;

/** Until when a step that could not be done rests: others may look at the promotion meanwhile, and that is no further attempt. */
export async function restsUntil(
  { store, clock }: EnginePorts,
  { id, version }: Promotion,
): Promise<number | undefined> {
  const [row] = await store.sql<{ at_epoch_ms: number | string }>(
    `select timer.at_epoch_ms from meshgate.engine_attempt attempt
     join meshgate.engine_timer timer on timer.promotion = attempt.promotion and timer.version = attempt.version
     where attempt.promotion = $1 and attempt.version = $2`,
    [id, version],
  );
  const at = row && Number(row.at_epoch_ms);
  return at !== undefined && at > clock.nowEpochMs() ? at : undefined;
}

/** A step could not be done: tried again later a few times, then the promotion errs, and people decide. */
export async function afterFault(promotion: Promotion, fault: unknown, ports: EnginePorts): Promise<StepResult> {
  const message = wordsOf(fault);
  const { id, version } = promotion;
  const [row] = await ports.store.sql<{ attempts: number }>(
    `insert into meshgate.engine_attempt (promotion, version, attempts, message) values ($1, $2, 1, $3)
     on conflict (promotion, version) do update set attempts = engine_attempt.attempts + 1, message = excluded.message
     returning attempts`,
    [id, version, message],
  );
  const wait = BACKOFF_MS[(row?.attempts ?? 1) - 1];
  const during = stepOf(promotion);
  if (wait !== undefined || !during) return waiting(ports.clock.nowEpochMs() + (wait ?? 60_000));
  return failNow(promotion, message, ports);
}

/** U+0000 is nothing that a database takes; what was thrown on the way out hides what was thrown first. */
export function wordsOf(fault: unknown): string {
  if (fault instanceof SuppressedError) return wordsOf(fault.suppressed);
  const said = fault instanceof Error ? fault.message || fault.name : String(fault);
  return said.replaceAll('\0', '\ufffd');
}

/** The step is given up at once, as waiting would not help. */
export function failNow(promotion: Promotion, message: string, ports: EnginePorts): Promise<StepResult> {
  const during = stepOf(promotion);
  if (!during) throw new Error(`promotion ${promotion.id} cannot fail while ${promotion.state.kind}`);
  return moveOn(ports, promotion, async (tx, now) => {
    await record(tx, PIPELINE, now, { kind: 'failed', during, message, mayBePushed: MAY_BE_PUSHED.includes(during) });
  });
}

/** A step that runs for long (watching the fleet) counts its faults in a row. */
export async function forgetFaults({ store }: EnginePorts, { id, version }: Promotion): Promise<void> {
  await store.sql('delete from meshgate.engine_attempt where promotion = $1 and version = $2', [id, version]);
}
