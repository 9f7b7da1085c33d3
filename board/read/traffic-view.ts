import type { TrafficSample } from '../../pipeline/observe/fleet-view.ts';
import { addCounts, quantileOf } from '../../pipeline/observe/statistics/latency-shares.ts';
import type { TrafficPoint, TrafficView } from '../api/types/stages.ts';

/** Requests of a stage in `steps` equal steps from `fromEpochMs` on. A sample counts where it begins. */
export function trafficView(
  samples: readonly TrafficSample[],
  { fromEpochMs, stepMs, steps }: { readonly fromEpochMs: number; readonly stepMs: number; readonly steps: number },
): TrafficView {
  const byStep = Map.groupBy(samples, (sample) => Math.floor((sample.fromEpochMs - fromEpochMs) / stepMs));
  const points = Array.from({ length: steps }, (_, step) => {
    const found = byStep.get(step);
    return found ? pointOf(found) : null;
  });
  const counted = samples.filter((sample) => {
    const step = Math.floor((sample.fromEpochMs - fromEpochMs) / stepMs);
    return step >= 0 && step < steps;
  });
  return { fromEpochMs, stepMs, points, ...(counted.length > 0 ? { sum: pointOf(counted) } : {}) };
}

function pointOf(samples: readonly TrafficSample[]): TrafficPoint {
  const sum = (of: (sample: TrafficSample) => number): number => samples.reduce((all, one) => all + of(one), 0);
  const requests = sum((sample) => sample.requests);
  const failures = sum((sample) => sample.failures);
  const counts = addCounts(samples.map(({ latencyCounts }) => latencyCounts));
  return {
    requests,
    failures,
    ...(requests > 0 ? { successShare: Math.max(0, 1 - failures / requests) } : {}),
    ...latencyOf('p50Ms', counts, 0.5),
    ...latencyOf('p99Ms', counts, 0.99),
    panicPicks: sum((sample) => sample.panicPicks),
  };
}

/** Above the last bound nobody can tell how much: such a one is left at the bound. */
const LAST_BOUND_MS = 30_000;

export function latencyOf<Name extends string>(
  name: Name,
  counts: readonly number[],
  share: number,
): { readonly [N in Name]?: number } {
  const found = quantileOf(counts, share);
  const value = found === undefined ? {} : { [name]: Math.min(LAST_BOUND_MS, Math.round(found * 10) / 10) };
  return value as { readonly [N in Name]?: number };
}
