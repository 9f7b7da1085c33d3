import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { ObserveSettings } from '../access/policy.ts';
import type { TrafficSample } from './fleet-view.ts';
import { observeFinding } from './rules.ts';
import { fisherGreater } from './statistics/fisher.ts';
import { type Comparison, compare, rateOf, spentAt, sumOf } from './statistics/is-worse.ts';
import { addCounts, boundFrom, quantileOf, slowerThan } from './statistics/latency-shares.ts';

export type TrafficQuestion = {
  readonly stage: StageName;
  readonly settings: Pick<ObserveSettings, 'minRequests' | 'significance' | 'tolerance' | 'withoutTraffic'>;
  readonly before: readonly TrafficSample[];
  readonly after: readonly TrafficSample[];
  /** Nothing was live here before the push, so there is nothing to compare with. */
  readonly first: boolean;
  /** How many looks there will be, this one included or not. */
  readonly looks: number;
  readonly last: boolean;
};

export type TrafficJudgement = {
  readonly harm: readonly Finding[];
  /** Why nobody can tell; for the last look. */
  readonly unknown: readonly Finding[];
  readonly summary: string;
  /** The figures behind it, for the record. */
  readonly figures: object;
};

/** A cluster that was in panic mode so shortly before the push is not there because of it. */
const PANIC_BEFORE_MS = 60_000;

/**
 * Whether traffic is worse after the push. Panic: any pick in panic mode in a cluster that made none before. Failures: Fisher's exact
 * test, one-sided, and the share grew by more than the tolerance. Latency: the same test on how many requests are slower than the
 * tolerances over the 99th percentile of before, and that percentile itself went over them. Scatter of the single intervals beyond
 * chance makes the tests stricter; looks before the last one share half of the significance. Pure.
 */
export function judgeTraffic(question: TrafficQuestion): TrafficJudgement {
  const { stage, settings, before, after, first, looks, last } = question;
  const alpha = spentAt(settings.significance, looks, last);
  const panic = panicFindings(stage, before, after);
  const requests = { before: requestsOf(before), after: requestsOf(after) };
  const enough = requests.after >= settings.minRequests && (first || requests.before >= settings.minRequests);
  if (!enough) {
    const saw = first
      ? `${requests.after} requests after the push`
      : `${requests.before} requests before the push and ${requests.after} after it`;
    const unknown = settings.withoutTraffic
      ? []
      : [observeFinding('fleet-no-traffic', stage, saw, `${settings.minRequests} on each side`)];
    return { harm: panic, unknown, summary: saw, figures: { requests } };
  }
  const failures = first
    ? failuresAlone(after, settings.tolerance.failureShare)
    : compare(before.map(failed), after.map(failed));
  const grown = rateOf(failures.after) - (first ? 0 : rateOf(failures.before));
  const harm = [...panic];
  if (failures.p <= alpha && grown > settings.tolerance.failureShare)
    harm.push(
      observeFinding(
        'fleet-failures',
        stage,
        `${words(failures)} of requests failed (p ${failures.p.toPrecision(2)})`,
        first
          ? `at most ${share(settings.tolerance.failureShare)}`
          : `at most ${share(settings.tolerance.failureShare)} more than before (p above ${alpha.toPrecision(2)})`,
      ),
    );
  const latency = first ? undefined : compareLatency(before, after, settings.tolerance);
  if (latency && latency.p <= alpha && latency.p99After > latency.allowedMs)
    harm.push(
      observeFinding(
        'fleet-slower',
        stage,
        `99th percentile ${ms(latency.p99After)}, before ${ms(latency.p99Before)}; ${words(latency)} of requests over ${latency.boundMs} ms (p ${latency.p.toPrecision(2)})`,
        `a 99th percentile of at most ${ms(latency.allowedMs)}: ${settings.tolerance.latencyFactor} times that of before${growthWords(settings.tolerance)} (p above ${alpha.toPrecision(2)})`,
      ),
    );
  const p99 = latency ? `, p99 ${ms(latency.p99After)} (before ${ms(latency.p99Before)})` : '';
  return {
    harm,
    unknown: [],
    summary: `${requests.after} requests, ${share(rateOf(failures.after))} failed${first ? '' : ` (before ${share(rateOf(failures.before))})`}${p99}`,
    figures: { requests, alpha, failures, ...(latency ? { latency } : {}) },
  };
}

const requestsOf = (samples: readonly TrafficSample[]): number =>
  samples.reduce((sum, { requests }) => sum + requests, 0);
const failed = ({ requests, failures }: TrafficSample) => ({ hits: Math.min(failures, requests), of: requests });
const share = (rate: number): string => `${(rate * 100).toFixed(2)} %`;
const ms = (value: number): string => (Number.isFinite(value) ? `${Math.round(value * 10) / 10} ms` : 'over 30 s');
const words = ({ before, after }: Comparison): string =>
  `${share(rateOf(after))} (${after.hits} of ${after.of})${before.of > 0 ? `, before ${share(rateOf(before))},` : ''}`;

function panicFindings(
  stage: StageName,
  before: readonly TrafficSample[],
  after: readonly TrafficSample[],
): readonly Finding[] {
  const lastOfBefore = before.at(-1)?.toEpochMs ?? 0;
  const known = new Set(
    before
      .filter(({ toEpochMs }) => toEpochMs > lastOfBefore - PANIC_BEFORE_MS)
      .flatMap((sample) => sample.panicClusters),
  );
  const panicking = after.filter(({ panicPicks }) => panicPicks > 0);
  const clusters = [...new Set(panicking.flatMap((sample) => sample.panicClusters))].filter((name) => !known.has(name));
  if (clusters.length === 0) return [];
  const picks = panicking
    .filter((sample) => sample.panicClusters.some((name) => clusters.includes(name)))
    .reduce((sum, { panicPicks }) => sum + panicPicks, 0);
  return [
    observeFinding(
      'fleet-panic',
      stage,
      `${picks} requests were sent to hosts in panic mode, in ${clusters.sort().join(', ')}`,
      'none: enough healthy hosts, or a panic threshold that holds',
      { resource: `cluster ${clusters.join(', ')}` },
    ),
  ];
}

/** Without a before: is the share of failures above what is tolerated? A side of that very share, as large, stands in for it. */
function failuresAlone(after: readonly TrafficSample[], tolerated: number): Comparison {
  const sum = sumOf(after.map(failed));
  const before = { hits: Math.ceil(sum.of * tolerated), of: sum.of };
  return { before: { hits: 0, of: 0 }, after: sum, p: fisherGreater(before, sum), scatter: 1 };
}

const growthWords = ({ latencyGrowthMs }: Tolerance): string =>
  latencyGrowthMs > 0 ? `, or ${ms(latencyGrowthMs)} more` : '';

type Tolerance = ObserveSettings['tolerance'];
type LatencyComparison = Comparison & {
  /** What the 99th percentile may be. */
  readonly allowedMs: number;
  /** The bound of the buckets from which requests count as slow. */
  readonly boundMs: number;
  readonly p99Before: number;
  readonly p99After: number;
};

function compareLatency(
  before: readonly TrafficSample[],
  after: readonly TrafficSample[],
  { latencyFactor, latencyGrowthMs }: Tolerance,
): LatencyComparison | undefined {
  const p99Before = quantileOf(addCounts(before.map(({ latencyCounts }) => latencyCounts)), 0.99);
  const p99After = quantileOf(addCounts(after.map(({ latencyCounts }) => latencyCounts)), 0.99);
  if (p99Before === undefined || p99After === undefined) return undefined;
  const allowedMs = Math.max(p99Before * latencyFactor, p99Before + latencyGrowthMs);
  const boundMs = boundFrom(allowedMs);
  if (boundMs === undefined) return undefined;
  const slow = ({ latencyCounts }: TrafficSample) => slowerThan(boundMs, latencyCounts);
  return { ...compare(before.map(slow), after.map(slow)), allowedMs, boundMs, p99Before, p99After };
}
