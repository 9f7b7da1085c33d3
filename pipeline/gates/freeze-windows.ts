import { type FreezeStarts, freezeStarts } from '../../render/config/freeze-starts.ts';
import type { FreezeWindow } from '../../render/config/mesh-config.ts';

export type FreezeAt =
  /** `nextEpochMs`: when it freezes next, as far as it ever does. */
  | { readonly kind: 'open'; readonly nextEpochMs: number | undefined; readonly nextReason: string | undefined }
  /** Until the end of all windows that overlap or adjoin; `reasons` of those that are open now. */
  | { readonly kind: 'frozen'; readonly untilEpochMs: number; readonly reasons: readonly string[] };

/** Windows that follow one another without a gap for longer than this are told in pieces: the gate asks again at `untilEpochMs`. */
const HORIZON_MS = 366 * 86_400_000;
const MOST_STEPS = 1_000;

/** Reading a rule costs more than asking it; a policy's windows are asked again and again. */
const known = new WeakMap<FreezeWindow, FreezeStarts>();
function startsOf(window: FreezeWindow): FreezeStarts {
  const starts = known.get(window) ?? remembering(freezeStarts(window));
  known.set(window, starts);
  return starts;
}

/** Between two starts the answers are the same, and time mostly stands between the same two. */
function remembering({ lastAt, nextAfter }: FreezeStarts): FreezeStarts {
  let known = { last: Infinity as number | undefined, next: -Infinity as number | undefined };
  const around = (epochMs: number): typeof known => {
    const isKnown = (known.last ?? -Infinity) <= epochMs && epochMs < (known.next ?? Infinity);
    if (!isKnown) known = { last: lastAt(epochMs), next: nextAfter(epochMs) };
    return known;
  };
  return { lastAt: (epochMs) => around(epochMs).last, nextAfter: (epochMs) => around(epochMs).next };
}

/**
 * Whether windows of the calendar are open at an instant. A window holds from its start (inclusive) for its duration (exclusive, elapsed
 * time: 24h is 24 hours, also when clocks change). Throws for a window whose start can never come, which `mesh.yaml` refuses.
 */
export function freezeAt(windows: readonly FreezeWindow[], epochMs: number): FreezeAt {
  const calendars = windows.map((window) => ({ ...window, starts: startsOf(window) }));
  const endAt = (instant: number): readonly { readonly end: number; readonly reason: string }[] =>
    calendars.flatMap(({ starts, durationMs, reason }) => {
      const last = starts.lastAt(instant);
      return last === undefined ? [] : [{ end: last + durationMs, reason }];
    });
  const open = endAt(epochMs).filter(({ end }) => end > epochMs);
  if (open.length > 0) {
    let until = Math.max(...open.map(({ end }) => end));
    for (let step = 0; step < MOST_STEPS && until < epochMs + HORIZON_MS; step += 1) {
      const later = Math.max(...endAt(until).map(({ end }) => end));
      if (later <= until) break;
      until = later;
    }
    return { kind: 'frozen', untilEpochMs: until, reasons: [...new Set(open.map(({ reason }) => reason))] };
  }
  const next = calendars
    .flatMap(({ starts, reason }) => {
      const at = starts.nextAfter(epochMs);
      return at === undefined ? [] : [{ at, reason }];
    })
    .toSorted((a, b) => a.at - b.at)[0];
  return { kind: 'open', nextEpochMs: next?.at, nextReason: next?.reason };
}
