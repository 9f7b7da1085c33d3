import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { DiscoveredHost } from '../discovered-host.ts';
import type { SourceAnswer } from '../host-source.ts';
import type { EarlierCounts } from './earlier-counts.ts';

/** All that is known of the hosts of one cluster. Plain data: the same events at the same times give the same state. */
export type DiscoveryState = {
  readonly discovery: ClusterDiscovery;
  readonly startedEpochMs: number;
  /** Hosts are served. Once true it stays so: hosts that are too old are taken away, not kept by saying nothing. */
  readonly ready: boolean;
  /** One for each of `discovery.sources`, in their order. */
  readonly sources: readonly SourceState[];
};

export type SourceState = {
  /** The last answer that was believed; absent before the first, and once it is too old. */
  readonly believed?: Believed;
  /** Of the hosts of answers before it, which the floor is counted by; absent: there were none with more. */
  readonly earlier?: EarlierCounts;
  /** An answer below the floor, which waits to be believed. */
  readonly held?: HeldAnswer;
  /** Since the first of the failures in a row. */
  readonly failing?: { readonly sinceEpochMs: number; readonly problem: string };
  /** There was an answer, which is too old to be served. */
  readonly expired?: true;
  readonly leftOut: readonly string[];
};

export type Believed = {
  readonly hosts: readonly DiscoveredHost[];
  /** When it was given. A source that answers says nothing while nothing changes. */
  readonly atEpochMs: number;
};

export type HeldAnswer = {
  readonly hosts: readonly DiscoveredHost[];
  /** Since when answers below the floor are given without a break. */
  readonly sinceEpochMs: number;
};

export type DiscoveryEvent =
  /** `source` is its index in `discovery.sources`. */
  | { readonly kind: 'answered'; readonly source: number; readonly answer: SourceAnswer }
  /** Nothing happened but that time went by: see `nextDueEpochMs`. */
  | { readonly kind: 'time' };

/** What is believed of a source now. */
export type LastKnown = {
  readonly hosts: readonly DiscoveredHost[];
  /** Since when it is not seen to be so any more; absent: it is. */
  readonly failingSinceEpochMs?: number;
};

export const lastKnown = ({ believed, failing }: SourceState): LastKnown | undefined =>
  believed && { hosts: believed.hosts, ...(failing ? { failingSinceEpochMs: failing.sinceEpochMs } : {}) };

/** What a source gave last before a restart, and when it was last seen to be so. */
export type Remembered = { readonly hosts: readonly DiscoveredHost[]; readonly sinceEpochMs: number };

/**
 * `remembered`: one for each source, where that is known; served on as the last good answers of sources that fail, until they are heard.
 * What is older than `maxStaleMs` is not.
 */
export function startDiscovery(
  discovery: ClusterDiscovery,
  nowEpochMs: number,
  remembered: readonly (Remembered | undefined)[] = [],
): DiscoveryState {
  const sources = discovery.sources.map((_, index): SourceState => {
    const { hosts, sinceEpochMs: atEpochMs } = remembered[index] ?? { sinceEpochMs: nowEpochMs };
    if (!hosts || nowEpochMs - atEpochMs >= discovery.maxStaleMs) return { leftOut: [] };
    const failing = { sinceEpochMs: atEpochMs, problem: 'it has not answered since the control plane started' };
    return { believed: { hosts, atEpochMs }, failing, leftOut: [] };
  });
  const ready = sources.every(({ believed }) => believed);
  return { discovery, startedEpochMs: nowEpochMs, ready, sources };
}

/**
 * How long hosts wait for sources that have said nothing since the start: an assignment without them would take their hosts away
 * from Envoys that have them from before.
 */
export const FIRST_ANSWERS_MS = 60_000;
