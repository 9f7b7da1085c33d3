import type { TrafficIncrement } from '../fleet/traffic-meter.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import { bucketOf, isFailure } from '../telemetry/exchanges-of-log.ts';
import type { LogEntry } from './log-entry.ts';

/** Sums over logged HTTP exchanges; what is a failure: `isFailure`. TCP connections are passed over. */
export function trafficOfExchanges(entries: readonly LogEntry[]): TrafficIncrement {
  let requests = 0;
  let failures = 0;
  const latencyCounts = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);
  for (const entry of entries) {
    if (entry.kind === 'tcp' || entry.isIntermediate) continue;
    requests += 1;
    if (isFailure(entry)) failures += 1;
    if (entry.durationMs === undefined) continue;
    const index = bucketOf(entry.durationMs);
    latencyCounts[index] = (latencyCounts[index] ?? 0) + 1;
  }
  return { requests, failures, latencyCounts, panicPicks: new Map() };
}
