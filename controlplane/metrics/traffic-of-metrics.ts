import type { TrafficIncrement } from '../fleet/traffic-meter.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import { isOfClusterAlone, mayBeInner } from './inner-scope.ts';
import { LatelySaid } from './lately-said.ts';
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
const OWN_CLUSTER = /^meshgate_/;
const CLUSTER_ALONE = /^cluster\.(?<owner>.+)\.upstream_(?<what>cx_[a-z_]+)$/;

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
  /** The cluster whose failures they are. */
  readonly failing: string | undefined;
  /** That it is a cluster, though it is called as a scope inside of one: see `mayBeInner`. */
  readonly cluster: string | undefined;
};

/** What a metric tells of; undefined: nothing that is counted. */
const toldBy = remembering((name): Told | undefined => {
  const http = TRAFFIC.exec(name)?.groups;
  if (http && OWN.test(http.owner ?? '')) return undefined;
  const panicking = PANIC.exec(name)?.groups?.owner;
  const upstream = UPSTREAM_FAILURES.exec(name)?.groups?.owner;
  const failing = upstream === undefined || OWN_CLUSTER.test(upstream) ? undefined : upstream;
  const { owner = '', what = '' } = CLUSTER_ALONE.exec(name)?.groups ?? {};
  const cluster = isOfClusterAlone(what) && mayBeInner(owner) ? owner : undefined;
  if (!http && panicking === undefined && failing === undefined && cluster === undefined) return undefined;
  return { http: http?.what, panicking, failing, cluster };
}, 200_000);

/** Counters that are followed per node; a mesh with more clusters than half of this is not one that a single Envoy is given. */
const MAX_COUNTERS = 40_000;
const MAX_CLUSTERS = 20_000;
/** An Envoy that runs no longer than this when it first speaks is told of from its beginning. */
const YOUNG_S = 12;

/**
 * Turns what one Envoy says of its counters into what was added since it last said so. Counters are totals since Envoy's start; the
 * first message of a stream says where they stand, and is counted only if that Envoy is new. Histograms are of the last interval.
 */
export class TrafficOfMetrics {
  readonly #last = new Totals(MAX_COUNTERS);
  readonly #clusters = new LatelySaid<true>(MAX_CLUSTERS);
  #first = true;
  #counted = false;

  /** Whether the message that was taken last was counted. */
  get counted(): boolean {
    return this.#counted;
  }

  /** How many counters are remembered. */
  get size(): number {
    return this.#last.size + this.#clusters.size;
  }

  take(readings: readonly Reading[]): TrafficIncrement {
    this.#last.nextMessage();
    this.#clusters.nextMessage();
    const uptime = readings.find((reading) => reading.kind === 'gauge' && reading.name === UPTIME);
    const young = uptime?.kind === 'gauge' && uptime.value <= YOUNG_S;
    const counts = !this.#first || young;
    this.#first = false;
    this.#counted = counts;
    const sums = { requests: 0, answered5xx: 0, intended: 0, upstream5xx: 0 };
    const latencyCounts = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);
    const panicPicks = new Map<string, number>();
    const failed = new Map<string, number>();
    for (const reading of readings) {
      const told = toldBy(reading.name);
      if (!told) continue;
      const { http } = told;
      if (reading.kind === 'histogram') {
        if (counts && http === 'downstream_rq_time') addBuckets(latencyCounts, reading.buckets);
        continue;
      }
      if (reading.kind !== 'counter') continue;
      if (told.cluster !== undefined) {
        this.#clusters.set(told.cluster, true);
        continue;
      }
      const more = this.#last.increase(reading.name, reading.value);
      if (!counts || more === 0) continue;
      if (http === 'downstream_rq_completed') sums.requests += more;
      else if (http === 'downstream_rq_5xx') sums.answered5xx += more;
      else if (http) sums.intended += more;
      if (told.panicking !== undefined) panicPicks.set(told.panicking, more);
      if (told.failing !== undefined) failed.set(told.failing, (failed.get(told.failing) ?? 0) + more);
    }
    for (const [cluster, more] of failed)
      if (!mayBeInner(cluster) || this.#clusters.get(cluster)) sums.upstream5xx += more;
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
