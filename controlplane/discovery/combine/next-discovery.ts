import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import { type DiscoveryEvent, type DiscoveryState, FIRST_ANSWERS_MS, type SourceState } from './discovery-state.ts';
import { isBelowFloor, nextEarlier } from './earlier-counts.ts';

/** Every step of what is known of a cluster's hosts. Pure; throws for a source that the cluster does not have. */
export function nextDiscovery(state: DiscoveryState, event: DiscoveryEvent, nowEpochMs: number): DiscoveryState {
  const { discovery } = state;
  if (event.kind === 'answered' && !(event.source in state.sources))
    throw new RangeError(`source ${event.source} of ${state.sources.length}`);
  const sources = state.sources.map((source, index) => {
    const heard = event.kind === 'answered' && event.source === index ? withAnswer(source, event, nowEpochMs) : source;
    return withTime(heard, discovery, nowEpochMs);
  });
  const next = { ...state, sources };
  return { ...next, ready: state.ready || isReady(next, nowEpochMs) };

  function withAnswer(
    source: SourceState,
    { answer }: Extract<DiscoveryEvent, { kind: 'answered' }>,
    now: number,
  ): SourceState {
    if (answer.kind === 'failed')
      return { ...source, failing: { sinceEpochMs: source.failing?.sinceEpochMs ?? now, problem: answer.problem } };
    const { hosts, leftOut = [] } = answer;
    const { believed, earlier = [] } = source;
    if (!believed) return { believed: { hosts, atEpochMs: now }, leftOut };
    const [given, before] = [hosts.length, believed.hosts.length];
    if (!isBelowFloor(given, before, earlier, discovery, now)) {
      const counts = nextEarlier(given, before, earlier, discovery.floorHoldMs, now);
      return { believed: { hosts, atEpochMs: now }, ...(counts.length > 0 ? { earlier: counts } : {}), leftOut };
    }
    // A failure in between is a break: an outage is the likeliest cause of an answer with few hosts.
    const sinceEpochMs = source.held && !source.failing ? source.held.sinceEpochMs : now;
    const kept = source.earlier ? { earlier: source.earlier } : {};
    return { believed, ...kept, held: { hosts, sinceEpochMs }, leftOut };
  }
}

/** What comes with time alone: a held answer is believed in the end, and an old one no more. */
function withTime(source: SourceState, discovery: ClusterDiscovery, now: number): SourceState {
  const { believed, held, failing, leftOut } = source;
  if (believed && failing && now - failing.sinceEpochMs >= discovery.maxStaleMs)
    return { failing, expired: true, leftOut };
  // It was waited for: what there was before does not count any more.
  if (believed && held && !failing && now - held.sinceEpochMs >= discovery.floorHoldMs)
    return { believed: { hosts: held.hosts, atEpochMs: now }, leftOut };
  return source;
}

/** Every source has given hosts; or some have, and the others were waited for long enough. */
const isReady = ({ sources, startedEpochMs }: DiscoveryState, now: number): boolean => {
  const heard = sources.filter(({ believed }) => believed);
  return heard.length === sources.length || (heard.length > 0 && now - startedEpochMs >= FIRST_ANSWERS_MS);
};

/** When something changes by time alone; undefined: never. */
export function nextDueEpochMs(state: DiscoveryState, nowEpochMs: number): number | undefined {
  const { maxStaleMs, floorHoldMs } = state.discovery;
  const dues = [
    ...(state.ready ? [] : [state.startedEpochMs + FIRST_ANSWERS_MS]),
    ...state.sources.flatMap(({ held, failing }) => [
      ...(held && !failing ? [held.sinceEpochMs + floorHoldMs] : []),
      ...(failing ? [failing.sinceEpochMs + maxStaleMs] : []),
    ]),
  ].filter((due) => due > nowEpochMs && Number.isFinite(due));
  return dues.length > 0 ? Math.min(...dues) : undefined;
}
