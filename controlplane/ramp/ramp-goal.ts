import { areLateOnesLeftBehind, seenOf } from './assessment.ts';
import type { RampSettings } from './ramp-settings.ts';
import type { HostId, RampState, WantedHost } from './ramp-state.ts';
import type { Waits } from './waits.ts';

/**
 * What is wanted and may be served. A host in maintenance goes: somebody said so. One that is just unhealthy does not enter, but one that
 * is served already is left to Envoy's own checks: that is what they are for, and sources err by the dozen.
 */
export const goalOf = (state: RampState): ReadonlyMap<HostId, WantedHost> =>
  new Map(
    [...(state.wanted ?? [])].filter(
      ([id, { host }]) => host.health !== 'maintenance' && (state.admitted.has(id) || host.health !== 'unhealthy'),
    ),
  );

export function sayWhoStaysOut(state: RampState, waits: Waits): void {
  for (const [id, { host }] of state.wanted ?? []) {
    if (host.health === 'maintenance') waits.say('maintenance', [id], 'in maintenance at the source');
    else if (!state.admitted.has(id) && seenOf(state, id, host) === 'unhealthy')
      waits.say('unhealthy', [id], 'seen unhealthy');
  }
  if (state.wanted?.size === 0) waits.say('nothing-wanted', [], 'the sources name no hosts');
}

/** It was taken out again, and its next try is later. */
export function isBarred({ failed }: RampState, id: HostId, atMs: number, waits: Waits): boolean {
  const until = failed.get(id)?.untilMs;
  if (until === undefined || until <= atMs) return false;
  waits.wake(until);
  waits.say('failed-before', [id], 'they were taken out again, and are tried later');
  return true;
}

const LISTEN_MS = 1_000;

/**
 * Somebody may see what nobody has told: an Envoy that has just started, or is cut off for a moment. (One that has not taken the last
 * step yet is another matter: what it holds is known.) In a large fleet that is so all the time: after `lagMs` it holds nothing up.
 */
export function isUnheard(state: RampState, settings: RampSettings, atMs: number, waits: Waits): boolean {
  const { fleet } = state.evidence;
  if (fleet.kind === 'silent') return false;
  const isUnheard = fleet.unheard > 0 && atMs - (state.unheardSinceMs ?? atMs) < settings.lagMs;
  const isLate = state.appliedAtMs !== undefined && fleet.lagging > 0 && !areLateOnesLeftBehind(state, settings, atMs);
  if (!isUnheard && !isLate) return false;
  waits.wake(atMs + LISTEN_MS);
  if (isUnheard) waits.say('not-heard', [], `${fleet.unheard} Envoys have not said yet what they see`);
  else waits.say('not-taken', [], `${fleet.lagging} Envoys do not have all hosts that are served`);
  return true;
}

/** Why the hosts of the last step do not count yet. */
export function sayTrial(
  state: RampState,
  settings: RampSettings,
  ids: readonly HostId[],
  arithmetic: string,
  waits: Waits,
): void {
  const { appliedAtMs, evidence, servedAtMs, admitted } = state;
  const isUnseen = (id: HostId): boolean => {
    const one = admitted.get(id);
    return one !== undefined && seenOf(state, id, one.host) === 'unseen';
  };
  if (appliedAtMs === undefined) {
    waits.wake(servedAtMs + settings.lagMs);
    waits.say('not-taken', [], 'not every Envoy has taken the last step');
  } else if (evidence.fleet.kind === 'silent' && ids.every(isUnseen))
    waits.say('no-evidence', ids, 'nobody says whether they are healthy');
  else waits.say('on-trial', ids, `not seen healthy yet: ${arithmetic}`);
}

/** `isBlind`: nobody says anything of the hosts that are served. `arithmetic`: of those. */
export function sayNoRoom(
  { evidence: { fleet }, appliedAtMs }: RampState,
  candidates: readonly { readonly id: HostId }[],
  isBlind: boolean,
  arithmetic: string,
  waits: Waits,
): void {
  if (isBlind && appliedAtMs === undefined) {
    waits.say('not-taken', [], 'not every Envoy has taken what is served now');
    return;
  }
  const ids = candidates.map(({ id }) => id);
  if (isBlind && fleet.kind === 'silent') {
    waits.say('no-evidence', ids, 'nobody says whether the hosts that are served are healthy');
    return;
  }
  const isSeen = fleet.kind === 'seen' && fleet.unhealthyMost > 0;
  const worst = isSeen ? ` (${fleet.worst} sees ${fleet.unhealthyMost} unhealthy)` : '';
  waits.say('no-room', ids, `not even one more is safe: ${arithmetic}${worst}`);
}
