import { seenOf } from './assessment.ts';
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
