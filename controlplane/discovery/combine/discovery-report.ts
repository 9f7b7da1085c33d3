import type { DiscoveredHost } from '../discovered-host.ts';
import { hostKey } from '../discovered-host.ts';
import type { DiscoveryState, SourceState } from './discovery-state.ts';
import { wantedHosts } from './wanted-hosts.ts';

/** Where the hosts of one cluster stand, for people and for metrics. Plain JSON. */
export type DiscoveryReport = {
  readonly ready: boolean;
  /** Of all sources and priorities, each counted once. */
  readonly hosts: number;
  readonly sources: readonly SourceReport[];
};

export type SourceReport = {
  /** `consul payments (dc1)`. */
  readonly name: string;
  readonly priority: number;
  /**
   * `waiting`: has said nothing yet. `current`: what it says is served. `held`: its last answer is below the floor, and not all of it is
   * believed. `stale`: it fails, and its last good answer is served. `expired`: it fails for so long that nothing of it is served.
   */
  readonly state: 'waiting' | 'current' | 'held' | 'stale' | 'expired';
  /** Of this source, as they are served. */
  readonly hosts: number;
  /** When its last believed answer was given. */
  readonly answeredEpochMs?: number;
  readonly failing?: {
    readonly sinceEpochMs: number;
    readonly problem: string;
    /** When its hosts go; absent: there are none, or never. */
    readonly untilEpochMs?: number;
  };
  readonly floor?: {
    /** Hosts of the answer that is held. */
    readonly given: number;
    /** Hosts that are served though the answer does not have them. */
    readonly kept: number;
    readonly sinceEpochMs: number;
    /** When the answer is believed if nothing else is given; absent while the source fails. */
    readonly untilEpochMs?: number;
  };
  /** What of the answer is no host that requests can be sent to, and why; the first ones. */
  readonly leftOut: readonly string[];
};

const NAMED = 20;

/** `names`: those of the sources, in the order of `discovery.sources`. */
export function discoveryReport(state: DiscoveryState, names: readonly string[]): DiscoveryReport {
  const wanted = [...(wantedHosts(state)?.values() ?? [])];
  return {
    ready: state.ready,
    hosts: wanted.reduce((sum, hosts) => sum + hosts.length, 0),
    sources: state.sources.map((source, index) => ({
      name: names[index] ?? `source ${index + 1}`,
      priority: state.discovery.sources[index]?.priority ?? 0,
      ...sourceReport(source, state),
    })),
  };
}

function sourceReport(source: SourceState, { discovery }: DiscoveryState): Omit<SourceReport, 'name' | 'priority'> {
  const { believed, held, failing, leftOut } = source;
  const kept = held && believed ? missingIn(held.hosts, believed.hosts) : 0;
  const served = (held ?? believed)?.hosts.length ?? 0;
  const goneEpochMs = believed && failing ? failing.sinceEpochMs + discovery.maxStaleMs : Number.POSITIVE_INFINITY;
  return {
    state: stateOf(source),
    hosts: served + kept,
    ...(believed ? { answeredEpochMs: believed.atEpochMs } : {}),
    ...(failing
      ? { failing: { ...failing, ...(Number.isFinite(goneEpochMs) ? { untilEpochMs: goneEpochMs } : {}) } }
      : {}),
    ...(held
      ? {
          floor: {
            given: held.hosts.length,
            kept,
            sinceEpochMs: held.sinceEpochMs,
            ...(failing ? {} : { untilEpochMs: held.sinceEpochMs + discovery.floorHoldMs }),
          },
        }
      : {}),
    leftOut: leftOut.length > NAMED ? [...leftOut.slice(0, NAMED), `and ${leftOut.length - NAMED} more`] : leftOut,
  };
}

function stateOf({ believed, held, failing, expired }: SourceState): SourceReport['state'] {
  if (!believed) return expired ? 'expired' : 'waiting';
  if (failing) return 'stale';
  return held ? 'held' : 'current';
}

function missingIn(given: readonly DiscoveredHost[], believed: readonly DiscoveredHost[]): number {
  const keys = new Set(given.map(hostKey));
  return believed.filter((host) => !keys.has(hostKey(host))).length;
}
