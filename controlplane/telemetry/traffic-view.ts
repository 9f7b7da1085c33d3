import { quantileOf } from '../fleet/latency-quantile.ts';
import { addExchanges, type ExchangeSums, type MutableSums, noExchanges, type Reporter } from './edge-sums.ts';
import type { Telemetry } from './telemetry.ts';
import { toldOnce } from './told-once.ts';

export type TrafficEdge = ExchangeSums & {
  readonly source: string;
  readonly destination: string;
  readonly reporter: Reporter;
  readonly requestsPerSecond: number;
  /** Absent without requests. */
  readonly successPercent?: number;
  /** Absent where nothing is known; -1: above the last bound. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
};

export type TrafficView = {
  readonly stage: string;
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  readonly edges: readonly TrafficEdge[];
};

const VIEW_MS = 5 * 60_000;

/** Who calls whom, as this control plane heard it within the last five minutes; busiest first. */
export function trafficView(telemetry: Telemetry): TrafficView {
  const toEpochMs = telemetry.now();
  const windows = telemetry.edges.since(toEpochMs - VIEW_MS);
  // Of minutes in which nobody spoke there is no window, and they are part of the time.
  const fromEpochMs = Math.max(telemetry.edges.windowOf(toEpochMs - VIEW_MS), telemetry.startedEpochMs);
  const sums = new Map<string, { source: string; destination: string; reporter: Reporter; all: MutableSums }>();
  for (const { source, destination, reporter, ...edge } of windows) {
    const name = JSON.stringify([source, destination, reporter]);
    const known = sums.get(name) ?? { source, destination, reporter, all: noExchanges() };
    sums.set(name, known);
    addExchanges(known.all, edge);
  }
  const seconds = Math.max(1, (toEpochMs - fromEpochMs) / 1_000);
  const edges = toldOnce([...sums.values()]).map(
    ({ all, ...edge }): TrafficEdge => ({
      ...edge,
      ...all,
      requestsPerSecond: all.requests / seconds,
      ...(all.requests === 0 ? {} : { successPercent: (100 * (all.requests - all.failures)) / all.requests }),
      ...quantile('p50Ms', all.latencyCounts, 0.5),
      ...quantile('p99Ms', all.latencyCounts, 0.99),
    }),
  );
  return {
    stage: telemetry.stage,
    fromEpochMs,
    toEpochMs,
    edges: edges.toSorted((a, b) => b.requests + b.connections - (a.requests + a.connections)),
  };
}

function quantile<Name extends string>(name: Name, counts: readonly number[], share: number) {
  const ms = quantileOf(counts, share);
  if (ms === undefined) return {};
  return { [name]: Number.isFinite(ms) ? Math.round(ms * 100) / 100 : -1 } as Record<Name, number>;
}
