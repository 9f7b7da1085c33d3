import { hostKey } from '../discovery/discovered-host.ts';
import { isFleetFresh, seenOf } from './assessment.ts';
import { isThere } from './next-ramp.ts';
import type { FleetSeen, SeenHealth } from './ramp-input.ts';
import type { RampSettings } from './ramp-settings.ts';
import type { RampOrder, RampState } from './ramp-state.ts';
import type { RampEntry, RampWait } from './ramp-words.ts';

/** The ramp of one cluster as an operator sees it. */
export type RampView = {
  readonly cluster: string;
  readonly thresholdPercent: number;
  readonly version: number;
  readonly order: RampOrder;
  /** `there`: what is wanted is served. `moving`: it will be, if health holds. `waiting`: see `waiting`. */
  readonly stage: 'there' | 'moving' | 'waiting';
  readonly wanted: number;
  readonly served: readonly {
    readonly address: string;
    readonly priority: number;
    readonly seen: SeenHealth;
    /** Not proved yet: it counts as unhealthy. */
    readonly onTrial: boolean;
    readonly isWanted: boolean;
  }[];
  readonly fleet: FleetSeen;
  /** Whether what Envoys say is of what is served now. */
  readonly fleetIsFresh: boolean;
  /** Every Envoy has taken `version`. */
  readonly isTaken: boolean;
  readonly waiting: readonly RampWait[];
  /** The last 200 entries of its log, oldest first. */
  readonly log: readonly RampEntry[];
};

/** Reasons that go away by themselves when hosts are healthy. */
const PASSING: ReadonlySet<RampWait['kind']> = new Set([
  'on-trial',
  'not-taken',
  'not-heard',
  'not-looked-at',
  'just-gone',
  'needed',
]);

export function rampView(given: {
  readonly cluster: string;
  readonly state: RampState;
  readonly settings: RampSettings;
  readonly waiting: readonly RampWait[];
  readonly entries: readonly RampEntry[];
  readonly atMs: number;
}): RampView {
  const { cluster, state, settings, waiting, entries, atMs } = given;
  const stuck = waiting.some(({ kind }) => !PASSING.has(kind));
  return {
    cluster,
    thresholdPercent: settings.rule.thresholdPercent,
    version: state.version,
    order: state.order,
    stage: isThere(state) ? 'there' : stuck ? 'waiting' : 'moving',
    wanted: state.wanted?.size ?? 0,
    served: [...state.admitted].map(([id, { host, priority, confirmed }]) => ({
      address: hostKey(host),
      priority,
      seen: seenOf(state, id, host),
      onTrial: !confirmed,
      isWanted: state.wanted?.has(id) ?? false,
    })),
    fleet: state.evidence.fleet,
    fleetIsFresh: isFleetFresh(state, settings, atMs),
    isTaken: state.appliedAtMs !== undefined,
    waiting,
    log: [...entries],
  };
}
