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

/** All that is known of the ramp of one cluster. */
export type RampState = {
  readonly admitted: ReadonlyMap<HostId, AdmittedHost>;
  /** Undefined: nobody has said yet. */
  readonly wanted: ReadonlyMap<HostId, WantedHost> | undefined;
  readonly absentSince: ReadonlyMap<HostId, number>;
  readonly evidence: HealthEvidence;
  /** Since when a host is seen healthy, or unhealthy, by `address:port`. */
  readonly seenSince: ReadonlyMap<string, { readonly healthy: boolean; readonly sinceMs: number }>;
  /** Grows with every change of the members. */
  readonly version: number;
  /** What Envoys that have not taken `version` yet may hold instead. */
  readonly bases: readonly ReadonlySet<HostId>[];
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
  /** Hosts that were taken out again. */
  readonly failed: ReadonlyMap<HostId, { readonly untilMs: number; readonly times: number }>;
  readonly order: RampOrder;
};

/** The ramp of a cluster that no Envoy has hosts of. */
export const emptyRamp = (atMs: number): RampState => ({
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
  failed: new Map(),
  order: { kind: 'none' },
});

/** What is kept over a restart of the control plane. */
export type KeptRamp = {
  readonly version: number;
  readonly order: RampOrder;
  readonly admitted: readonly Pick<AdmittedHost, 'host' | 'priority' | 'established'>[];
};

export const keptOf = ({ version, order, admitted }: RampState): KeptRamp => ({
  version,
  order,
  admitted: [...admitted.values()].map(({ host, priority, established }) => ({ host, priority, established })),
});

/** Goes on from what was served last: Envoys have it, and nothing is known of its health until somebody has looked. */
export const restoredRamp = (kept: KeptRamp, atMs: number): RampState => ({
  ...emptyRamp(atMs),
  admitted: new Map(
    kept.admitted.map((one) => [hostIdOf(one.priority, one.host), { ...one, enteredAtMs: atMs, confirmed: false }]),
  ),
  version: kept.version,
  order: kept.order,
  appliedAtMs: undefined,
  unhealthyBefore: Number.POSITIVE_INFINITY,
});

/** The hosts to serve, by priority, in a fixed order. */
export function admittedHosts({ admitted }: Pick<RampState, 'admitted'>): WantedHosts {
  const sorted = [...admitted].sort(([a], [b]) => (a < b ? -1 : 1));
  const byPriority = Map.groupBy(sorted, ([, { priority }]) => priority);
  return new Map(
    [...byPriority].sort(([a], [b]) => a - b).map(([priority, hosts]) => [priority, hosts.map(([, { host }]) => host)]),
  );
}
