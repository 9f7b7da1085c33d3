import type { RampState } from './ramp-state.ts';

const each = <Key, Value>(map: ReadonlyMap<Key, Value>, change: (value: Value) => Value): ReadonlyMap<Key, Value> =>
  new Map([...map].map(([key, value]) => [key, change(value)]));

/**
 * `state` by a clock that was put back: what was a while ago is as long ago as before. Otherwise everything would wait until the clock has
 * caught up with what it showed.
 */
export function afterClockPutBack(state: RampState, atMs: number): RampState {
  const byMs = state.atMs - atMs;
  if (byMs <= 0) return { ...state, atMs };
  const earlier = (ms: number): number => ms - byMs;
  const since = <Seen extends { readonly sinceMs: number }>(seen: Seen): Seen => ({
    ...seen,
    sinceMs: earlier(seen.sinceMs),
  });
  const ifAny = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : earlier(ms));
  return {
    ...state,
    atMs,
    admitted: each(state.admitted, (one) => ({ ...one, enteredAtMs: earlier(one.enteredAtMs) })),
    wanted: state.wanted && each(state.wanted, since),
    absentSince: each(state.absentSince, earlier),
    seenSince: each(state.seenSince, since),
    bases: state.bases.map((base) => ({ ...base, untilMs: earlier(base.untilMs) })),
    servedAtMs: earlier(state.servedAtMs),
    appliedAtMs: ifAny(state.appliedAtMs),
    wellSinceMs: ifAny(state.wellSinceMs),
    laggingSinceMs: ifAny(state.laggingSinceMs),
    unheardSinceMs: ifAny(state.unheardSinceMs),
    failed: each(state.failed, (one) => ({ ...one, untilMs: earlier(one.untilMs) })),
  };
}
