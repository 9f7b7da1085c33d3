import { hostKey } from '../discovery/discovered-host.ts';
import { isFleetFresh, seenOf } from './assessment.ts';
import { type Choice, chooseAdmitted } from './choose-admitted.ts';
import type { HealthEvidence, WantedHosts } from './ramp-input.ts';
import type { RampSettings } from './ramp-settings.ts';
import {
  type AdmittedHost,
  type HostId,
  hostIdOf,
  type KeptRamp,
  type RampOrder,
  type RampState,
  restoredRamp,
  type WantedHost,
} from './ramp-state.ts';
import { keysOf, named, type RampEntry, type RampWait } from './ramp-words.ts';

/** What happens to a ramp. Times are the wall clock's, in ms since the epoch, and never run backwards. */
export type RampEvent = { readonly atMs: number } & (
  | { readonly kind: 'wanted'; readonly hosts: WantedHosts }
  | { readonly kind: 'evidence'; readonly evidence: HealthEvidence }
  /** Every Envoy that is connected has taken `version`. */
  | { readonly kind: 'applied'; readonly version: number }
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

const MOST_RETRY_MS = 600_000;
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
export function nextRamp(before: RampState, event: RampEvent, settings: RampSettings): Ramped {
  const { atMs } = event;
  const log: RampEntry[] = [];
  let state = confirm(take(before, event, settings, log), settings, atMs, log);
  let changed = false;
  const renewed = renew(state);
  if (renewed) {
    state = renewed;
    changed = true;
  }
  const choice = chooseAdmitted(state, settings, atMs);
  const wakes = [choice.wakeAtMs, wakeToConfirm(state, settings, atMs)].filter((at) => at !== undefined);
  const isStep = choice.enter.length > 0 || choice.leave.length > 0;
  // What was adopted is served first.
  const isBlind = state.isAdopted && settings.healthChecked && state.order.kind !== 'hurried';
  if (isStep && event.kind !== 'adopted' && !isBlind && state.bases.length < MOST_BASES) {
    state = step(state, choice, settings, atMs, log);
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
      const next = { ...state, evidence: event.evidence, laggingSinceMs };
      const well =
        isFleetFresh(next, settings, atMs) && fleet.kind === 'seen' && fleet.unhealthyMost <= state.unhealthyBefore;
      return withSeen({ ...next, wellSinceMs: well ? (state.wellSinceMs ?? atMs) : undefined }, atMs);
    }
    case 'applied':
      if (event.version !== state.version || state.appliedAtMs !== undefined) return state;
      return { ...state, bases: [], isAdopted: false, appliedAtMs: atMs, wellSinceMs: undefined };
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

/** What others served may be with any Envoy from now on, and what was served here may still be. */
function adopt(state: RampState, kept: KeptRamp, atMs: number): RampState {
  if (kept.version <= state.version) return { ...state, order: kept.order };
  const restored = restoredRamp(kept, atMs).admitted;
  return {
    ...state,
    admitted: new Map([...restored].map(([id, one]) => [id, state.admitted.get(id) ?? one])),
    version: kept.version,
    order: kept.order,
    bases: [...state.bases, new Set(state.admitted.keys())].slice(-MOST_BASES),
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

/** Hosts whose weight, metadata or name changed: Envoy changes them in place, which is no step. */
function renew(state: RampState): RampState | undefined {
  let changed = false;
  const admitted = new Map<HostId, AdmittedHost>();
  for (const [id, one] of state.admitted) {
    const host = state.wanted?.get(id)?.host;
    // What the source says of its health is no part of what is served.
    const same = !host || JSON.stringify({ ...host, health: '' }) === JSON.stringify({ ...one.host, health: '' });
    admitted.set(id, same ? one : { ...one, host });
    changed ||= !same;
  }
  return changed ? { ...state, admitted } : undefined;
}

/** When new hosts may count at the earliest, if health stays as it is. */
function wakeToConfirm(state: RampState, settings: RampSettings, atMs: number): number | undefined {
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
function confirm(given: RampState, settings: RampSettings, atMs: number, log: RampEntry[]): RampState {
  let state = given;
  const trial = [...state.admitted].filter(([, { confirmed }]) => !confirmed);
  if (state.appliedAtMs === undefined && atMs >= state.servedAtMs + settings.lagMs) {
    log.push({ atMs, kind: 'left-behind', hosts: [], text: 'some Envoys have not taken the last step in time' });
    state = { ...state, bases: [], isAdopted: false, appliedAtMs: atMs };
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

function step(state: RampState, choice: Choice, settings: RampSettings, atMs: number, log: RampEntry[]): RampState {
  const admitted = new Map(state.admitted);
  const failed = new Map(state.failed);
  const left: AdmittedHost[] = [];
  const withdrawn: AdmittedHost[] = [];
  for (const id of choice.leave) {
    const one = state.admitted.get(id);
    if (!one) continue;
    admitted.delete(id);
    const isWanted = state.wanted?.get(id)?.host.health !== 'maintenance' && state.wanted?.has(id) === true;
    (isWanted ? withdrawn : left).push(one);
    if (!isWanted) continue;
    const times = (failed.get(id)?.times ?? 0) + 1;
    failed.set(id, { times, untilMs: atMs + Math.min(MOST_RETRY_MS, settings.retryMs * 2 ** (times - 1)) });
  }
  for (const [id, { host, priority }] of choice.enter)
    admitted.set(id, { host, priority, enteredAtMs: atMs, confirmed: !settings.healthChecked, established: false });
  const say = (kind: RampEntry['kind'], hosts: readonly string[], verb: string): void => {
    if (hosts.length > 0) log.push({ atMs, kind, hosts, text: `${named(hosts)} ${verb}: ${choice.arithmetic}` });
  };
  const hurried = state.order.kind === 'hurried' ? `, hurried by ${state.order.by}` : '';
  say('entered', keysOf(choice.enter.map(([, one]) => one)), `enter${hurried}`);
  say('left', keysOf(left), `leave${hurried}`);
  say('withdrawn', keysOf(withdrawn), 'failed and are taken out');
  const { fleet } = state.evidence;
  const unhealthy = fleet.kind === 'seen' ? fleet.unhealthyMost : 0;
  const onTrial = [...state.admitted.values()].some(({ confirmed }) => !confirmed);
  return withSeen(
    {
      ...state,
      admitted,
      failed,
      version: state.version + 1,
      bases: [...state.bases, new Set(state.admitted.keys())],
      servedAtMs: atMs,
      appliedAtMs: undefined,
      absentSince: new Map([...state.absentSince].filter(([id]) => admitted.has(id))),
      // Hosts that are on trial already were not there before.
      unhealthyBefore: onTrial ? Math.min(unhealthy, state.unhealthyBefore) : unhealthy,
      wellSinceMs: undefined,
    },
    atMs,
  );
}
