import { hostKey } from '../discovery/discovered-host.ts';
import { isFleetFresh, seenOf } from './assessment.ts';
import type { RampSettings } from './ramp-settings.ts';
import { type AdmittedHost, type HostId, heldStill, type RampState } from './ramp-state.ts';
import { keysOf, named, type RampEntry } from './ramp-words.ts';

/** When new hosts may count at the earliest, if health stays as it is. */
export function wakeToConfirm(state: RampState, settings: RampSettings, atMs: number): number | undefined {
  const { appliedAtMs, wellSinceMs, servedAtMs, evidence } = state;
  if (appliedAtMs === undefined) return servedAtMs + settings.lagMs;
  if ([...state.admitted.values()].every(({ confirmed }) => confirmed)) return undefined;
  if (evidence.fleet.kind === 'silent') {
    const healthy = [...state.seenSince.values()].filter((seen) => seen.healthy);
    const ats = healthy.map(({ sinceMs }) => Math.max(sinceMs, appliedAtMs) + settings.settleUnseenMs);
    const later = ats.filter((at) => at > atMs);
    return later.length > 0 ? Math.min(...later) : undefined;
  }
  return wellSinceMs === undefined ? appliedAtMs + settings.patienceMs : wellSinceMs + settings.settleMs;
}

/** Lets new hosts count that have proved their health. */
export function confirmHosts(given: RampState, settings: RampSettings, atMs: number, log: RampEntry[]): RampState {
  let state = given;
  const trial = [...state.admitted].filter(([, { confirmed }]) => !confirmed);
  if (state.appliedAtMs === undefined && atMs >= state.servedAtMs + settings.lagMs) {
    log.push({ atMs, kind: 'left-behind', hosts: [], text: 'some Envoys have not taken the last step in time' });
    state = { ...state, bases: heldStill(state, atMs), isAdopted: false, appliedAtMs: atMs };
  }
  const { appliedAtMs, evidence, wellSinceMs } = state;
  if (trial.length === 0 || appliedAtMs === undefined) return state;
  const { fleet } = evidence;
  const isFresh = isFleetFresh(state, settings, atMs);
  const isWell = isFresh && wellSinceMs !== undefined && atMs - wellSinceMs >= settings.settleMs;
  const isCounted = isFresh && atMs - appliedAtMs >= settings.patienceMs;
  const isProved = ([id, { host }]: readonly [HostId, AdmittedHost]): boolean => {
    const seen = seenOf(state, id, host);
    if (seen === 'unhealthy' && !state.admitted.get(id)?.established) return false;
    if (fleet.kind === 'seen') return isWell || isCounted;
    const since = state.seenSince.get(hostKey(host));
    return since?.healthy === true && atMs - Math.max(since.sinceMs, appliedAtMs) >= settings.settleUnseenMs;
  };
  const proved = trial.filter(isProved);
  if (proved.length === 0) return state;
  const hosts = keysOf(proved.map(([, one]) => one));
  const unhealthy = fleet.kind === 'seen' && !isWell ? fleet.unhealthyMost : 0;
  log.push(
    unhealthy > 0
      ? {
          atMs,
          kind: 'counted',
          hosts,
          text: `${named(hosts)}: counted as they are, ${unhealthy} hosts are not healthy`,
        }
      : { atMs, kind: 'confirmed', hosts, text: `${named(hosts)}: seen healthy` },
  );
  const admitted = new Map(state.admitted);
  for (const [id, one] of proved) admitted.set(id, { ...one, confirmed: true, established: true });
  return { ...state, admitted };
}
