import { type DiscoveredHost, hostKey } from '../discovery/discovered-host.ts';
import { type HealthEvidence, NO_EVIDENCE, type WantedHosts } from './ramp-input.ts';

/** Names a host as Envoy does: one that changes its priority or locality is a new host to Envoy, with health yet to be proved. */
export type HostId = string;
export const hostIdOf = (priority: number, host: DiscoveredHost): HostId => {
  const { region = '', zone = '', subZone = '' } = host.locality ?? {};
  return `${priority} ${region}/${zone}/${subZone} ${hostKey(host)}`;
};

export type WantedHost = { readonly host: DiscoveredHost; readonly priority: number; readonly sinceMs: number };

/** A host that is served. */
export type AdmittedHost = {
  readonly host: DiscoveredHost;
  readonly priority: number;
  readonly enteredAtMs: number;
  /** What was seen after it entered covers it: it counts. */
  readonly confirmed: boolean;
  /** It was confirmed once, by whichever control plane: it is not on trial any more. */
  readonly established: boolean;
};

/** What an operator wants. Holding outlives a restart; hurrying ends when the ramp is where it should be. */
export type RampOrder =
  | { readonly kind: 'none' }
  | { readonly kind: 'held' | 'hurried'; readonly by: string; readonly sinceMs: number };

/** A set that Envoys may still hold. */
export type HeldSet = {
  readonly ids: ReadonlySet<HostId>;
  /** Envoys that were away when it was replaced may come back with it until then, whoever else has taken the next one. */
  readonly untilMs: number;
};

/** All that is known of the ramp of one cluster. */
export type RampState = {
  /** When it was thought over last. */
  readonly atMs: number;
  readonly admitted: ReadonlyMap<HostId, AdmittedHost>;
  /** Undefined: nobody has said yet. */
  readonly wanted: ReadonlyMap<HostId, WantedHost> | undefined;
  readonly absentSince: ReadonlyMap<HostId, number>;
  readonly evidence: HealthEvidence;
  /** Since when a host is seen healthy, or unhealthy, by `address:port`. */
  readonly seenSince: ReadonlyMap<string, { readonly healthy: boolean; readonly sinceMs: number }>;
  /** Grows with every change of the members. */
  readonly version: number;
  /** What Envoys that have not taken `version` yet may hold instead, and those that were away when others took it. */
  readonly bases: readonly HeldSet[];
  /**
   * The last step was another control plane's, and not every Envoy has taken it: theirs may hold sets of which nothing is known here, so no
   * step is safe.
   */
  readonly isAdopted: boolean;
  readonly servedAtMs: number;
  /** Since when every Envoy has taken `version`. */
  readonly appliedAtMs: number | undefined;
  /** How many hosts the worst Envoy saw unhealthy before the last change; infinite after a restart, when nobody is on trial. */
  readonly unhealthyBefore: number;
  /** Since when Envoys see no more unhealthy hosts than that. */
  readonly wellSinceMs: number | undefined;
  /** Since when some Envoy has fewer hosts than it is served. */
  readonly laggingSinceMs: number | undefined;
  /** Since when there has always been some Envoy of which it is not known what it sees. */
  readonly unheardSinceMs: number | undefined;
  /** Hosts that were taken out again. */
  readonly failed: ReadonlyMap<HostId, { readonly untilMs: number; readonly times: number }>;
  readonly order: RampOrder;
};

/** An Envoy went away a moment ago and may come back, or has just come and said nothing yet. */
export const isSomeoneAway = ({ unheardSinceMs }: RampState): boolean => unheardSinceMs !== undefined;

/** Of the sets that were replaced, those that Envoys may come back with although all that are there have the newest. */
export const heldStill = ({ bases }: RampState, atMs: number): RampState['bases'] =>
  bases.filter(({ untilMs }) => untilMs > atMs);

/** The ramp of a cluster that no Envoy has hosts of. */
export const emptyRamp = (atMs: number): RampState => ({
  atMs,
  admitted: new Map(),
  wanted: undefined,
  absentSince: new Map(),
  evidence: NO_EVIDENCE,
  seenSince: new Map(),
  version: 0,
  bases: [],
  isAdopted: false,
  servedAtMs: atMs,
  appliedAtMs: atMs,
  unhealthyBefore: 0,
  wellSinceMs: undefined,
  laggingSinceMs: undefined,
  unheardSinceMs: undefined,
  failed: new Map(),
  order: { kind: 'none' },
});

/** What is kept over a restart of the control plane. */
export type KeptRamp = {
  readonly version: number;
  readonly order: RampOrder;
  readonly admitted: readonly Pick<AdmittedHost, 'host' | 'priority' | 'established'>[];
  /** Sets that Envoys may have held still when it was written. */
  readonly bases?: readonly (readonly HostId[])[] | undefined;
};

export const keptOf = ({ version, order, admitted, bases }: RampState): KeptRamp => ({
  version,
  order,
  admitted: [...admitted.values()].map(({ host, priority, established }) => ({ host, priority, established })),
  ...(bases.length > 0 ? { bases: bases.map(({ ids }) => [...ids]) } : {}),
});

/**
 * Goes on from what was served last: Envoys have it, or what they had before, and nothing is known of its health until somebody has
 * looked. Those that come back later than others hold it still: for `backWithinMs` no step is made that they could not take.
 */
export function restoredRamp(kept: KeptRamp, atMs: number, backWithinMs: number): RampState {
  const admitted = new Map(
    kept.admitted.map((one) => [
      hostIdOf(one.priority, one.host),
      { ...one, enteredAtMs: atMs, confirmed: false } satisfies AdmittedHost,
    ]),
  );
  return {
    ...emptyRamp(atMs),
    admitted,
    version: kept.version,
    bases: [...(kept.bases ?? []), [...admitted.keys()]]
      .filter((ids) => ids.length > 0)
      .map((ids) => ({ ids: new Set(ids), untilMs: atMs + backWithinMs })),
    order: kept.order,
    appliedAtMs: undefined,
    unhealthyBefore: Number.POSITIVE_INFINITY,
  };
}

/** The hosts to serve, by priority, in a fixed order. */
export function admittedHosts(
  { admitted }: Pick<RampState, 'admitted'>,
  { healthChecked }: { readonly healthChecked: boolean },
): WantedHosts {
  const sorted = [...admitted].sort(([a], [b]) => (a < b ? -1 : 1));
  const byPriority = Map.groupBy(sorted, ([, { priority }]) => priority);
  return new Map(
    [...byPriority]
      .sort(([a], [b]) => a - b)
      .map(([priority, hosts]) => [
        priority,
        hosts.map(([, { host }]) => (healthChecked && isCalledBad(host) ? { ...host, health: 'unknown' } : host)),
      ]),
  );
}

/**
 * Envoy believes such a word whatever its own checks say, and sources err by the dozen: where it checks by itself, it is not told. Where it
 * does not, nobody else tells it.
 */
const isCalledBad = ({ health }: DiscoveredHost): boolean => health === 'unhealthy' || health === 'maintenance';
