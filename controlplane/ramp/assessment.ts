import { hostKey } from '../discovery/discovered-host.ts';
import type { SeenHealth } from './ramp-input.ts';
import type { RampSettings } from './ramp-settings.ts';
import type { AdmittedHost, HostId, RampState, WantedHost } from './ramp-state.ts';
import type { Counted } from './tally.ts';

/** What is seen of a host by whoever looks at single hosts. One who sees it unhealthy outweighs all others. */
export function seenOf(state: RampState, id: HostId, host: WantedHost['host']): SeenHealth {
  const looked = state.evidence.hosts.get(hostKey(host)) ?? 'unseen';
  const source = state.wanted?.get(id)?.host.health ?? 'unknown';
  if (looked === 'unhealthy' || source === 'unhealthy' || source === 'maintenance') return 'unhealthy';
  return looked === 'healthy' || source === 'healthy' ? 'healthy' : 'unseen';
}

/** Metrics and acknowledgements come on streams of their own: what arrives just after an acknowledgement may have been said before it. */
const SKEW_MS = 250;

/** Envoys that have fewer hosts than they are served are waited for so long, and no longer. */
export const areLateOnesLeftBehind = ({ laggingSinceMs }: RampState, { lagMs }: RampSettings, atMs: number): boolean =>
  laggingSinceMs !== undefined && atMs - laggingSinceMs >= lagMs;

/** Whether the fleet's figures are of the set that is served, as every Envoy has it that is not left behind. */
export function isFleetFresh(state: RampState, settings: RampSettings, atMs: number): boolean {
  const { fleet } = state.evidence;
  if (fleet.kind !== 'seen' || state.appliedAtMs === undefined) return false;
  if (fleet.oldestAtMs < state.appliedAtMs + SKEW_MS) return false;
  // An Envoy without the hosts says nothing of them.
  return fleet.lagging === 0 || (fleet.envoys > fleet.lagging && areLateOnesLeftBehind(state, settings, atMs));
}

/**
 * How a host counts. Where Envoys speak, what a source says of it counts for nothing once it is served; where none speaks, a host is
 * sure only while somebody sees it healthy.
 */
export function countedOf(
  state: RampState,
  settings: RampSettings,
  id: HostId,
  one: AdmittedHost | WantedHost,
  atMs: number,
): Counted {
  const speaks = state.evidence.fleet.kind === 'seen';
  const confirmed = 'confirmed' in one && one.confirmed;
  const looked = state.evidence.hosts.get(hostKey(one.host));
  const told = !speaks && looked !== 'healthy' && state.wanted?.get(id)?.host.health === 'unhealthy';
  const down = looked === 'unhealthy' || told;
  const since = state.seenSince.get(hostKey(one.host));
  return {
    id,
    priority: one.priority,
    groups: settings.groupsOf(one.host),
    confirmed,
    sure: confirmed && (speaks ? !down : seenOf(state, id, one.host) === 'healthy'),
    down,
    longDown: down && since?.healthy === false && atMs - since.sinceMs >= settings.settleDownMs,
  };
}
