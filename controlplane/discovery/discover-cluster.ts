import type { ClusterDiscovery } from '../../render/discovery/cluster-discovery.ts';
import type { WantedHosts } from '../ramp/ramp-input.ts';
import { type DiscoveryReport, discoveryReport } from './combine/discovery-report.ts';
import {
  type DiscoveryEvent,
  type LastKnown,
  lastKnown,
  type Remembered,
  startDiscovery,
} from './combine/discovery-state.ts';
import { nextDiscovery, nextDueEpochMs } from './combine/next-discovery.ts';
import { wantedHosts } from './combine/wanted-hosts.ts';
import type { HostSource } from './host-source.ts';

export type DiscoverClusterOptions = {
  readonly discovery: ClusterDiscovery;
  /** One for each of `discovery.sources`, in their order: see `openSource`. */
  readonly sources: readonly HostSource[];
  readonly nowEpochMs: () => number;
  /** What the sources gave before a restart, in their order; default: nothing is known. */
  readonly remembered?: readonly (Remembered | undefined)[];
  /** At first as soon as there is enough to say, then whenever hosts, health, weights or metadata change. */
  readonly onWanted: (wanted: WantedHosts) => void;
  /** At the start, and whenever it changes. */
  readonly onReport?: (report: DiscoveryReport) => void;
  /** What is believed of each source, in their order, and since when it fails: for `remembered` of the next start. */
  readonly onBelieved?: (believed: readonly (LastKnown | undefined)[]) => void;
};

/** A timer of Node's waits no longer than this. */
const LONGEST_WAIT_MS = 0x7fff_ffff;

/**
 * Follows the sources of one cluster until aborted; resolves then, when nothing of it runs any more. Rejects only with what a callback
 * throws.
 */
export async function discoverCluster(options: DiscoverClusterOptions, wanted: AbortSignal): Promise<void> {
  const { discovery, sources, nowEpochMs, onWanted, onReport, onBelieved } = options;
  if (sources.length !== discovery.sources.length)
    throw new RangeError(`${sources.length} sources for the ${discovery.sources.length} of the cluster`);
  const ended = new AbortController();
  const signal = AbortSignal.any([wanted, ended.signal]);
  const names = sources.map(({ name }) => name);
  let state = startDiscovery(discovery, nowEpochMs(), options.remembered);
  let timer: NodeJS.Timeout | undefined;
  let fail: (reason: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const tellWanted = onChange((told: WantedHosts) => JSON.stringify([...told]), onWanted);
  const tellReport = onChange((told: DiscoveryReport) => JSON.stringify(told), onReport ?? (() => {}));
  let believed: readonly (LastKnown | undefined)[] = [];

  const show = (): void => {
    const hosts = wantedHosts(state);
    if (hosts) tellWanted(hosts);
    tellReport(discoveryReport(state, names));
    const now = state.sources.map(lastKnown);
    if (now.some((one, index) => !isSame(one, believed[index]))) onBelieved?.(now);
    believed = now;
    const due = nextDueEpochMs(state, nowEpochMs());
    clearTimeout(timer);
    if (due === undefined) return;
    timer = setTimeout(take, Math.min(LONGEST_WAIT_MS, Math.max(1, due - nowEpochMs())), { kind: 'time' });
  };
  const take = (event: DiscoveryEvent): void => {
    if (signal.aborted) return;
    try {
      state = nextDiscovery(state, event, nowEpochMs());
      show();
    } catch (error) {
      fail(error);
      ended.abort();
    }
  };
  const follow = async (source: HostSource, index: number): Promise<void> => {
    for await (const answer of source.watch(signal)) take({ kind: 'answered', source: index, answer });
  };
  try {
    show();
    await Promise.race([failed, Promise.all(sources.map(follow))]);
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

/** Calls `tell` when what `textOf` gives differs from the last time. */
function onChange<T>(textOf: (value: T) => string, tell: (value: T) => void): (value: T) => void {
  let before: string | undefined;
  return (value) => {
    const text = textOf(value);
    if (text === before) return;
    before = text;
    tell(value);
  };
}

const isSame = (one: LastKnown | undefined, other: LastKnown | undefined): boolean =>
  one?.hosts === other?.hosts && one?.failingSinceEpochMs === other?.failingSinceEpochMs;
