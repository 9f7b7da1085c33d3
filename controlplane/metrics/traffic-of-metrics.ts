import type { TrafficIncrement } from '../fleet/traffic-meter.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import type { Bucket, Reading } from './metric-message.ts';
import { remembering } from './remembering.ts';
import { Totals } from './totals.ts';

const TRAFFIC =
  /^http\.(?<owner>.+)\.(?<what>downstream_rq_completed|downstream_rq_5xx|downstream_rq_time|rq_direct_response|fault\.aborts_injected)$/;
const TAGGED =
  /^http\.(?:downstream_rq_completed|downstream_rq_xx|downstream_rq_time|rq_direct_response|fault\.aborts_injected)$/;
const UPSTREAM_FAILURES = /^cluster\.(?<owner>.+)\.upstream_rq_5xx$/;
const TAGGED_UPSTREAM = /^cluster\.upstream_rq_xx$/;
const PANIC = /^cluster\.(?:(?<owner>.+)\.)?lb_healthy_panic$/;
const UPTIME = 'server.uptime';
/** Envoy's own HTTP traffic, which is nobody's request. */
const OWN = /^(?:admin|async-client|meshgate_.*)$/;
const OWN_CLUSTER = /(?:^|\.)(?:internal|external|canary|retry)$|^meshgate_/;

/** Whether a metric, with or without its tags in the name, is one that the traffic of a node is made of. */
export const isTrafficMetric = (name: string): boolean =>
  name === UPTIME ||
  TRAFFIC.test(name) ||
  TAGGED.test(name) ||
  PANIC.test(name) ||
  UPSTREAM_FAILURES.test(name) ||
  TAGGED_UPSTREAM.test(name);

type Told = {
  readonly http: string | undefined;
  readonly panicking: string | undefined;
  readonly isUpstreamFailure: boolean;
};

/** What a metric tells of; undefined: nothing that is counted. */
const toldBy = remembering((name): Told | undefined => {
  const http = TRAFFIC.exec(name)?.groups;
  if (http && OWN.test(http.owner ?? '')) return undefined;
  const panicking = PANIC.exec(name)?.groups?.owner;
  const failing = UPSTREAM_FAILURES.exec(name)?.groups?.owner;
  const isUpstreamFailure = failing !== undefined && !OWN_CLUSTER.test(failing);
  if (!http && panicking === undefined && !isUpstreamFailure) return undefined;
  return { http: http?.what, panicking, isUpstreamFailure };
}, 200_000);

/** Counters that are followed per node; a mesh with more clusters than half of this is not one that a single Envoy is given. */
const MAX_COUNTERS = 40_000;
/** An Envoy that runs no longer than this when it first speaks is told of from its beginning. */
const YOUNG_S = 12;

/**
 * Turns what one Envoy says of its counters into what was added since it last said so. Counters are totals since Envoy's start; the
 * first message of a stream says where they stand, and is counted only if that Envoy is new. Histograms are of the last interval.
 */
export class TrafficOfMetrics {
  readonly #last = new Totals(MAX_COUNTERS);
  #first = true;
  #counted = false;

  /** Whether the message that was taken last was counted. */
  get counted(): boolean {
    return this.#counted;
  }

  /** How many counters are remembered. */
  get size(): number {
    return this.#last.size;
  }

  take(readings: readonly Reading[]): TrafficIncrement {
    this.#last.nextMessage();
    const uptime = readings.find((reading) => reading.kind === 'gauge' && reading.name === UPTIME);
    const young = uptime?.kind === 'gauge' && uptime.value <= YOUNG_S;
    const counts = !this.#first || young;
    this.#first = false;
    this.#counted = counts;
    const sums = { requests: 0, answered5xx: 0, intended: 0, upstream5xx: 0 };
    const latencyCounts = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);
    const panicPicks = new Map<string, number>();
    for (const reading of readings) {
      const told = toldBy(reading.name);
      if (!told) continue;
      const { http } = told;
      if (reading.kind === 'histogram') {
        if (counts && http === 'downstream_rq_time') addBuckets(latencyCounts, reading.buckets);
        continue;
      }
      if (reading.kind !== 'counter') continue;
      const more = this.#last.increase(reading.name, reading.value);
      if (!counts || more === 0) continue;
      if (http === 'downstream_rq_completed') sums.requests += more;
      else if (http === 'downstream_rq_5xx') sums.answered5xx += more;
      else if (http) sums.intended += more;
      if (told.panicking !== undefined) panicPicks.set(told.panicking, more);
      if (told.isUpstreamFailure) sums.upstream5xx += more;
    }
    return { requests: sums.requests, failures: failuresOf(sums), latencyCounts, panicPicks };
  }
}

/**
 * Answers of 5xx, without those that the config asks for. Direct responses and injected faults are counted by Envoy whatever their
 * status is, so taking them off may take too much: what clusters failed to answer is never taken off.
 */
const failuresOf = (sums: {
  readonly answered5xx: number;
  readonly intended: number;
  readonly upstream5xx: number;
}): number => Math.max(sums.answered5xx - sums.intended, Math.min(sums.upstream5xx, sums.answered5xx));

/** Envoy's buckets may have other bounds: each goes where its upper bound is. */
function addBuckets(counts: number[], buckets: readonly Bucket[]): void {
  for (const { upTo, count } of buckets) {
    const found = LATENCY_BOUNDS_MS.findIndex((bound) => upTo <= bound);
    const index = found === -1 ? LATENCY_BOUNDS_MS.length : found;
    counts[index] = (counts[index] ?? 0) + count;
  }
}
