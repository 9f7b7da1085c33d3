import type { LineEvent, StageEvent } from './events.ts';
import { type Hold, KEPT_LANDINGS, type LineRecord, type StageRecord } from './stage-record.ts';

/** The stage after an event. Pure; says nothing of who may: that is judged before. */
export function nextStage(stage: StageRecord, event: StageEvent, atEpochMs: number): StageRecord {
  const next = { ...stage, version: stage.version + 1 };
  switch (event.kind) {
    case 'landed': {
      const { landed, purpose } = event;
      // The same bytes once more are no place to go back to.
      const all = stage.live && stage.live.digest !== landed.digest ? [stage.live, ...stage.past] : stage.past;
      // What was rolled away from is no place to roll back to.
      const past =
        purpose === 'rollback' ? all.slice(all.findIndex(({ digest }) => digest === landed.digest) + 1) : all;
      // What landed is in the target for certain.
      const { hold } = stage;
      const settled = hold?.cause === 'unsettled' ? { ...hold, cause: 'rolled-back' as const } : hold;
      return { ...next, live: landed, past: past.slice(0, KEPT_LANDINGS), drift: undefined, hold: settled };
    }
    case 'held':
      return { ...next, hold: heldBy(stage.hold, event, atEpochMs) };
    case 'released':
      return { ...next, hold: undefined, disturbedEpochMs: atEpochMs };
    case 'frozen':
      return { ...next, freeze: { by: event.by, reason: event.reason, sinceEpochMs: atEpochMs } };
    case 'unfrozen':
      return { ...next, freeze: undefined };
    case 'drift-found':
      return { ...next, drift: { ...event.drift, sinceEpochMs: atEpochMs } };
    case 'drift-ended':
      return { ...next, drift: undefined, disturbedEpochMs: atEpochMs };
    case 'numbered':
      return { ...next, counter: event.counter };
    default:
      return event satisfies never;
  }
}

/** The first reason stands: what came later is a consequence. But that nobody can tell what the target has is not forgotten. */
function heldBy(hold: Hold | undefined, event: Extract<StageEvent, { kind: 'held' }>, sinceEpochMs: number): Hold {
  const { reason, promotion, cause } = event;
  if (!hold) return { reason, promotion, sinceEpochMs, ...(cause === undefined ? {} : { cause }) };
  return cause === 'unsettled' ? { ...hold, cause } : hold;
}

export function nextLine(line: LineRecord, event: LineEvent, atEpochMs: number): LineRecord {
  switch (event.kind) {
    case 'stopped':
      return {
        version: line.version + 1,
        stopped: line.stopped ?? { by: event.by, reason: event.reason, sinceEpochMs: atEpochMs },
      };
    case 'resumed':
      return { version: line.version + 1, stopped: undefined };
    default:
      return event satisfies never;
  }
}
