import type { ObservationView } from '../../../api/types/promotion.ts';
import type { TrafficPoint } from '../../../api/types/stages.ts';
import type { ChartData } from '../../components/charts/chart-data.ts';
import { countWords, latencyWords, percentWords, rateWords } from '../../format/numbers.ts';

type Side = {
  readonly requests: number;
  readonly failures: number;
  readonly p99Ms: number | undefined;
  readonly panic: number;
};

/** Points before the push and from it on. A step that the push is in belongs to neither. */
function sidesOf({ traffic, pushedEpochMs }: ObservationView): { readonly before: Side; readonly after: Side } {
  const at = (index: number): number => traffic.fromEpochMs + index * traffic.stepMs;
  const known = traffic.points.map((point, index) => ({ point, from: at(index), to: at(index + 1) }));
  const sum = (points: readonly (TrafficPoint | null)[]): Side => {
    const there = points.filter((point) => point !== null);
    const slowest = there.flatMap(({ p99Ms }) => (p99Ms === undefined ? [] : [p99Ms])).toSorted((a, b) => a - b);
    return {
      requests: there.reduce((all, { requests }) => all + requests, 0),
      failures: there.reduce((all, { failures }) => all + failures, 0),
      p99Ms: slowest[Math.floor(slowest.length / 2)],
      panic: there.reduce((all, { panicPicks }) => all + panicPicks, 0),
    };
  };
  return {
    before: sum(known.filter(({ to }) => to <= pushedEpochMs).map(({ point }) => point)),
    after: sum(known.filter(({ from }) => from >= pushedEpochMs).map(({ point }) => point)),
  };
}

/** The figures side by side, in words. */
export function beforeAndAfter(
  observation: ObservationView,
): readonly { readonly what: string; readonly before: string; readonly after: string }[] {
  const { before, after } = sidesOf(observation);
  const row = (what: string, words: (side: Side) => string) => ({ what, before: words(before), after: words(after) });
  return [
    row('Requests', ({ requests }) => countWords(requests)),
    row('Failed', ({ requests, failures }) =>
      requests === 0 ? '–' : `${percentWords(failures / requests)} (${countWords(failures)})`,
    ),
    row('p99, median of the steps', ({ p99Ms }) => (p99Ms === undefined ? '–' : latencyWords(p99Ms))),
    row('Sent to hosts in panic mode', ({ panic }) => countWords(panic)),
  ];
}

/** Failures, latency, requests and panic over time, with the push marked. */
export function observationCharts(observation: ObservationView): readonly ChartData[] {
  const { traffic, pushedEpochMs } = observation;
  const [failed, p99, requests, panic] = beforeAndAfterWords(observation);
  const frame = {
    times: traffic.points.map((_, index) => (traffic.fromEpochMs + index * traffic.stepMs) / 1_000),
    scale: 'clock' as const,
    marks: [{ at: pushedEpochMs / 1_000, name: 'pushed' }],
  };
  const values = (of: (point: TrafficPoint) => number | undefined) =>
    traffic.points.map((point) => (point === null ? null : (of(point) ?? null)));
  const charts: ChartData[] = [
    {
      ...frame,
      title: 'Failures',
      says: failed,
      series: [
        {
          name: 'share that failed',
          tone: 'bad',
          values: values(({ successShare }) => (successShare === undefined ? undefined : 1 - successShare)),
        },
      ],
      words: percentWords,
      range: { min: 0, max: 0.01 },
    },
    {
      ...frame,
      title: 'Latency',
      says: p99,
      series: [
        { name: 'p99', tone: 'accent', values: values(({ p99Ms }) => p99Ms) },
        { name: 'p50', tone: 'quiet', dashed: true, values: values(({ p50Ms }) => p50Ms) },
      ],
      words: latencyWords,
      range: { min: 0 },
    },
    {
      ...frame,
      title: 'Requests',
      says: requests,
      series: [
        { name: 'per second', tone: 'accent', values: values((point) => (point.requests * 1_000) / traffic.stepMs) },
      ],
      words: rateWords,
      range: { min: 0 },
    },
  ];
  if (traffic.points.some((point) => point !== null && point.panicPicks > 0))
    charts.push({
      ...frame,
      title: 'Panic mode',
      says: panic,
      series: [
        { name: 'requests to hosts in panic mode', tone: 'bad', values: values(({ panicPicks }) => panicPicks) },
      ],
      words: countWords,
      range: { min: 0 },
    });
  return charts;
}

function beforeAndAfterWords(observation: ObservationView): readonly [string, string, string, string] {
  const [requests, failed, p99, panic] = beforeAndAfter(observation).map(
    ({ before, after }) => `${after} after the push, ${before} before it`,
  );
  return [failed ?? '', p99 ?? '', requests ?? '', panic ?? ''];
}
