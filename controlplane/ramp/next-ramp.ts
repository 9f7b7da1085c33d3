import { type DiscoveredHost, hostKey } from '../discovery/discovered-host.ts';
import { isFleetFresh, seenOf } from './assessment.ts';
import { chooseAdmitted } from './choose-admitted.ts';
import { afterClockPutBack } from './clock-put-back.ts';
import { confirmHosts, wakeToConfirm } from './confirm-hosts.ts';
import { makeStep } from './make-step.ts';
import type { HealthEvidence, WantedHosts } from './ramp-input.ts';
import type { RampSettings } from './ramp-settings.ts';
import {
  type AdmittedHost,
  type HostId,
  heldStill,
  hostIdOf,
  isSomeoneAway,
  type KeptRamp,
  type RampOrder,
  type RampState,
  restoredRamp,
  type WantedHost,
} from './ramp-state.ts';
import type { RampEntry, RampWait } from './ramp-words.ts';

/** What happens to a ramp. Times are the wall clock's, in ms since the epoch; it may be put back. */
export type RampEvent = { readonly atMs: number } & (
  | { readonly kind: 'wanted'; readonly hosts: WantedHosts }
  | { readonly kind: 'evidence'; readonly evidence: HealthEvidence }
  /** Every Envoy that is connected has taken `version`. */
  | { readonly kind: 'applied'; readonly version: number }
  /** Envoys are served the cluster itself in another way: they build it anew, and ask every host again before they use it. */
  | { readonly kind: 'reconfigured' }
  | { readonly kind: 'order'; readonly order: 'hold' | 'release' | 'hurry'; readonly by: string }
  /** Another control plane made a step: that is what is served now. */
  | { readonly kind: 'adopted'; readonly kept: KeptRamp }
  | { readonly kind: 'tick' }
);

export type Ramped = {
  readonly state: RampState;
  /** The hosts to serve are others than before, or say something else of themselves. */
  readonly changed: boolean;
  readonly log: readonly RampEntry[];
  /** Why it is not where it should be; empty when it is. */
  readonly waiting: readonly RampWait[];
  /** When to send a `tick` if nothing else happens before. */
  readonly wakeAtMs: number | undefined;
};

/** Sets that Envoys may hold at the same time; with more of them, a change waits. */
const MOST_BASES = 8;

const FOREIGN_STEP: RampWait = {
  kind: 'not-taken',
  hosts: [],
  text: 'not every Envoy has taken the last step, which another control plane made',
};

/**
 * What to serve of a cluster after `event`: hosts enter and leave in steps that cannot cause panic mode in any Envoy, whatever the new
 * hosts turn out to be. Pure; `docs/ramp.md` has the arithmetic.
 */
export function nextRamp(given: RampState, event: RampEvent, settings: RampSettings): Ramped {
  const { atMs } = event;
  const before = afterClockPutBack(given, atMs);
  const log: RampEntry[] = [];
  let state = confirmHosts(take(before, event, settings, log), settings, atMs, log);
  if (state.appliedAtMs !== undefined) state = { ...state, bases: heldStill(state, atMs) };
  let changed = false;
  const renewed = renew(state, settings);
  if (renewed) {
    state = renewed;
    changed = true;
  }
  const choice = chooseAdmitted(state, settings, atMs);
  const wakes = [
    choice.wakeAtMs,
    wakeToConfirm(state, settings, atMs),
    ...state.bases.map(({ untilMs }) => untilMs),
  ].filter((at) => at !== undefined);
  const isStep = choice.enter.length > 0 || choice.leave.length > 0 || choice.regroup.length > 0;
  // What was adopted is served first.
  const isBlind = state.isAdopted && settings.healthChecked && state.order.kind !== 'hurried';
  if (isStep && event.kind !== 'adopted' && !isBlind && state.bases.length < MOST_BASES) {
    state = withSeen(makeStep(state, choice, settings, atMs, log), atMs);
    changed = true;
    wakes.push(atMs + settings.settleMs);
  }
  if (state.order.kind === 'hurried' && isThere(state)) state = { ...state, order: { kind: 'none' } };
  const arrived = isThere(state) && !(before.wanted && isThere(before));
  if (arrived && state.admitted.size > 0)
    log.push({ atMs, kind: 'arrived', hosts: [], text: `all ${state.admitted.size} wanted hosts are served` });
  const later = wakes.filter((at) => at > atMs);
  return {
    state,
    changed,
    log,
    waiting: [...(isStep && isBlind ? [FOREIGN_STEP] : []), ...choice.waiting].filter(
      ({ hosts }) => hosts.length === 0 || !isThere(state),
    ),
    wakeAtMs: later.length > 0 ? Math.min(...later) : undefined,
  };
}

/** What is wanted is served, and nothing else, but for hosts that may not enter. */
export function isThere({ admitted, wanted }: RampState): boolean {
  if (!wanted) return false;
  for (const id of admitted.keys()) if (!wanted.has(id)) return false;
  for (const [id, { host }] of wanted)
    if (host.health === 'maintenance' ? admitted.has(id) : !admitted.has(id)) return false;
  for (const [id, { host }] of admitted) {
    const metadata = wanted.get(id)?.host.metadata;
    if (metadata && metadata !== host.metadata && JSON.stringify(metadata) !== JSON.stringify(host.metadata))
      return false;
  }
  return true;
}

function take(state: RampState, event: RampEvent, settings: RampSettings, log: RampEntry[]): RampState {
  const { atMs } = event;
  switch (event.kind) {
    case 'wanted':
      return withSeen(takeWanted(state, event.hosts, atMs), atMs);
    case 'evidence': {
      const { fleet } = event.evidence;
      const isLagging = fleet.kind === 'seen' && fleet.lagging > 0;
      const laggingSinceMs = isLagging ? (state.laggingSinceMs ?? atMs) : undefined;
      const isUnheard = fleet.kind === 'seen' && fleet.unheard > 0;
      const unheardSinceMs = isUnheard ? (state.unheardSinceMs ?? atMs) : undefined;
      const next = withHeard({ ...state, evidence: event.evidence, laggingSinceMs, unheardSinceMs }, settings, atMs);
      const well =
        isFleetFresh(next, settings, atMs) && fleet.kind === 'seen' && fleet.unhealthyMost <= state.unhealthyBefore;
      return withSeen({ ...next, wellSinceMs: well ? (state.wellSinceMs ?? atMs) : undefined }, atMs);
    }
    case 'applied':
      if (event.version !== state.version || state.appliedAtMs !== undefined) return state;
      return {
        ...state,
        bases: isSomeoneAway(state) ? heldUntil(state, atMs + settings.lagMs) : heldStill(state, atMs),
        isAdopted: false,
        appliedAtMs: atMs,
        wellSinceMs: undefined,
      };
    case 'reconfigured':
      return reconfigure(state, atMs);
    case 'order': {
      const { order, by } = event;
      log.push({ atMs, kind: 'order', hosts: [], text: `${by}: ${order}` });
      const taken: RampOrder =
        order === 'release' ? { kind: 'none' } : { kind: order === 'hold' ? 'held' : 'hurried', by, sinceMs: atMs };
      return { ...state, order: taken };
    }
    case 'adopted':
      return withSeen(adopt(state, event.kept, atMs), atMs);
    case 'tick':
      return state;
    default:
      return event satisfies never;
  }
}

/**
 * In a large fleet somebody comes or goes at any time: when that has gone on for `lagMs` it is not waited for, and those that speak count
 * alone. (Sets that those who are away may hold are kept for as long; see `makeStep`.)
 */
function withHeard(state: RampState, { lagMs }: RampSettings, atMs: number): RampState {
  const { evidence, unheardSinceMs } = state;
  const { fleet } = evidence;
  const goesOnForEver = unheardSinceMs !== undefined && atMs - unheardSinceMs >= lagMs;
  if (!goesOnForEver || fleet.kind === 'silent' || fleet.envoys > 0) return state;
  return { ...state, evidence: { ...evidence, fleet: { kind: 'silent' } } };
}

const heldUntil = ({ bases }: RampState, atLeastMs: number): RampState['bases'] =>
  bases.map(({ ids, untilMs }) => ({ ids, untilMs: Math.max(untilMs, atLeastMs) }));

/** What was seen was seen of the cluster as it was. */
const reconfigure = (state: RampState, atMs: number): RampState => ({
  ...state,
  admitted: new Map([...state.admitted].map(([id, one]) => [id, { ...one, confirmed: false }])),
  servedAtMs: atMs,
  appliedAtMs: undefined,
  wellSinceMs: undefined,
  unhealthyBefore: Number.POSITIVE_INFINITY,
});

/** What others served may be with any Envoy from now on, and what was served here may still be. */
function adopt(state: RampState, kept: KeptRamp, atMs: number): RampState {
  if (kept.version <= state.version) return { ...state, order: kept.order };
  const restored = restoredRamp(kept, atMs, 0).admitted;
  return {
    ...state,
    admitted: new Map([...restored].map(([id, one]) => [id, state.admitted.get(id) ?? one])),
    version: kept.version,
    order: kept.order,
    bases: [...state.bases, { ids: new Set(state.admitted.keys()), untilMs: atMs }].slice(-MOST_BASES),
    isAdopted: true,
    servedAtMs: atMs,
    appliedAtMs: undefined,
    wellSinceMs: undefined,
  };
}

function takeWanted(state: RampState, hosts: WantedHosts, atMs: number): RampState {
  const wanted = new Map<HostId, WantedHost>();
  // An address can be in one priority only; the first one that names it has it.
  const known = new Set<string>();
  for (const [priority, list] of [...hosts].sort(([a], [b]) => a - b)) {
    for (const host of list) {
      if (known.has(hostKey(host))) continue;
      known.add(hostKey(host));
      const id = hostIdOf(priority, host);
      wanted.set(id, { host, priority, sinceMs: state.wanted?.get(id)?.sinceMs ?? atMs });
    }
  }
  const gone = [...state.admitted.keys()].filter((id) => !wanted.has(id));
  const absentSince = new Map(gone.map((id) => [id, state.absentSince.get(id) ?? atMs]));
  const failed = new Map([...state.failed].filter(([id]) => wanted.has(id)));
  return { ...state, wanted, absentSince, failed };
}

/** Since when each host is seen as it is. */
function withSeen(state: RampState, atMs: number): RampState {
  const seenSince = new Map<string, { healthy: boolean; sinceMs: number }>();
  for (const [id, { host }] of state.admitted) {
    const seen = seenOf(state, id, host);
    if (seen === 'unseen') continue;
    const before = state.seenSince.get(hostKey(host));
    const healthy = seen === 'healthy';
    seenSince.set(hostKey(host), before?.healthy === healthy ? before : { healthy, sinceMs: atMs });
  }
  return { ...state, seenSince };
}

/**
 * Hosts whose weight, metadata or name changed: Envoy changes them in place, which is no step, unless it is by their metadata that they
 * belong to a subset: there they are new.
 */
function renew(state: RampState, { groupsOf, healthChecked }: RampSettings): RampState | undefined {
  let changed = false;
  const admitted = new Map<HostId, AdmittedHost>();
  for (const [id, one] of state.admitted) {
    const wanted = state.wanted?.get(id)?.host;
    const host = wanted && renewedHost(one.host, wanted, { groupsOf, healthChecked });
    admitted.set(id, host ? { ...one, host } : one);
    changed ||= host !== undefined;
  }
  return changed ? { ...state, admitted } : undefined;
}

/** Undefined: as it is. What a source says of its health is served only where Envoys do not look themselves. */
function renewedHost(
  served: DiscoveredHost,
  wanted: DiscoveredHost,
  { groupsOf, healthChecked }: Pick<RampSettings, 'groupsOf' | 'healthChecked'>,
): DiscoveredHost | undefined {
  const stays = healthChecked && groupsOf(served).join() !== groupsOf(wanted).join();
  const next = {
    ...wanted,
    health: healthChecked ? served.health : wanted.health,
    metadata: stays ? served.metadata : wanted.metadata,
  };
  return JSON.stringify(next) === JSON.stringify(served) ? undefined : next;
}
