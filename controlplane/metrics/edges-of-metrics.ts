import { type MutableSums, noExchanges } from '../telemetry/edge-sums.ts';
import { bucketOf } from '../telemetry/exchanges-of-log.ts';
import { isOfClusterAlone, mayBeInner } from './inner-scope.ts';
import { LatelySaid } from './lately-said.ts';
import type { Reading } from './metric-message.ts';
import { remembering } from './remembering.ts';
import { Totals } from './totals.ts';

const UPSTREAM =
  /^cluster\.(?<cluster>.+)\.upstream_(?<what>rq_completed|rq_5xx|rq_retry|rq_timeout|rq_time|cx_total|cx_http[123]_total|cx_connect_fail|cx_none_healthy|cx_tx_bytes_total|cx_rx_bytes_total)$/;
const TAGGED =
  /^cluster\.upstream_(?:rq_completed|rq_xx|rq_retry|rq_timeout|rq_time|cx_total|cx_http[123]_total|cx_connect_fail|cx_none_healthy|cx_tx_bytes_total|cx_rx_bytes_total)$/;
/** Envoy's own, which is nobody's traffic. */
const OWN_CLUSTER = /^meshgate_/;
const LOST = 'access_logs.grpc_access_log.logs_dropped';
const MAX_COUNTERS = 60_000;
const MAX_CLUSTERS = 20_000;
const KNOWN_NAMES = 200_000;

/** Whether a metric, with or without its tags in the name, is one that edges are made of. */
export const isEdgeMetric = (name: string): boolean => UPSTREAM.test(name) || TAGGED.test(name) || name === LOST;

type Upstream = { readonly cluster: string; readonly what: string; readonly mayBeInner: boolean };

const upstreamOf = remembering((name): Upstream | undefined => {
  const { cluster, what } = UPSTREAM.exec(name)?.groups ?? {};
  if (cluster === undefined || what === undefined || OWN_CLUSTER.test(cluster)) return undefined;
  return { cluster, what, mayBeInner: mayBeInner(cluster) };
}, KNOWN_NAMES);

export type MetricEdges = {
  /** By cluster, what was added since the message before. */
  readonly clusters: ReadonlyMap<string, MutableSums>;
  /** Log entries that this Envoy gave up, since nobody read them. */
  readonly lostEntries: number;
};

type Growth = { readonly sums: MutableSums; connections: number; connectFailures: number; noneHealthy: number };

/**
 * Turns what one Envoy says of its clusters into what was added since it last said so. A cluster's failures are all answers of 5xx that
 * its callers were given, Envoy's own among them (no healthy host, a timeout); attempts that were tried again are retries, not failures.
 */
export class EdgesOfMetrics {
  readonly #last = new Totals(MAX_COUNTERS);
  /** Clusters that carry HTTP: their connections are not counted. */
  readonly #http = new LatelySaid<true>(MAX_CLUSTERS);
  /** Clusters that are called as scopes inside of one are: see `mayBeInner`. */
  readonly #clusters = new LatelySaid<true>(MAX_CLUSTERS);

  /** How many counters, and clusters that are told apart, are remembered. */
  get size(): number {
    return this.#last.size + this.#http.size + this.#clusters.size;
  }

  /** `counts` is false for a message that says where the counters of an Envoy stand that ran before. */
  take(readings: readonly Reading[], counts: boolean): MetricEdges {
    const grown = new Map<string, Growth>();
    let lostEntries = 0;
    this.#last.nextMessage();
    this.#http.nextMessage();
    this.#clusters.nextMessage();
    const undecided: (() => void)[] = [];
    for (const reading of readings) {
      if (reading.kind === 'gauge') continue;
      if (reading.kind === 'counter' && reading.name === LOST) {
        const more = this.#last.increase(reading.name, reading.value);
        if (counts) lostEntries += more;
        continue;
      }
      const found = upstreamOf(reading.name);
      if (!found) continue;
      if (found.mayBeInner && isOfClusterAlone(found.what)) this.#clusters.set(found.cluster, true);
      // The message may say only later that it is a cluster.
      if (found.mayBeInner) undecided.push(() => this.#take(reading, found, grown, counts));
      else this.#take(reading, found, grown, counts);
    }
    for (const take of undecided) take();
    const clusters = new Map<string, MutableSums>();
    for (const [cluster, { sums, connections, connectFailures, noneHealthy }] of grown) {
      if (!this.#http.get(cluster)) {
        // One that fails may have begun before; one that found no host is no connection to Envoy's counters.
        sums.connections = Math.max(connections, connectFailures) + noneHealthy;
        sums.connectionFailures = connectFailures + noneHealthy;
      }
      clusters.set(cluster, sums);
    }
    return { clusters, lostEntries };
  }

  #take(
    reading: Exclude<Reading, { kind: 'gauge' }>,
    { cluster, what, mayBeInner: isOdd }: Upstream,
    grown: Map<string, Growth>,
    counts: boolean,
  ): void {
    const isCounted = counts && (!isOdd || this.#clusters.get(cluster) !== undefined);
    if (reading.kind === 'histogram') {
      if (!isCounted || what !== 'rq_time') return;
      const { latencyCounts } = growthOf(grown, cluster).sums;
      for (const { upTo, count } of reading.buckets) {
        const bucket = bucketOf(upTo);
        latencyCounts[bucket] = (latencyCounts[bucket] ?? 0) + count;
      }
      return;
    }
    const more = this.#last.increase(reading.name, reading.value);
    if (reading.value > 0 && (what === 'rq_completed' || what.startsWith('cx_http'))) this.#http.set(cluster, true);
    if (more > 0 && isCounted) add(growthOf(grown, cluster), what, more);
  }
}

function growthOf(grown: Map<string, Growth>, cluster: string): Growth {
  const known = grown.get(cluster);
  if (known) return known;
  const fresh = { sums: noExchanges(), connections: 0, connectFailures: 0, noneHealthy: 0 };
  grown.set(cluster, fresh);
  return fresh;
}

function add(growth: Growth, what: string, more: number): void {
  const { sums } = growth;
  if (what === 'rq_completed') sums.requests += more;
  else if (what === 'rq_5xx') sums.failures += more;
  else if (what === 'rq_retry') sums.retries += more;
  else if (what === 'rq_timeout') sums.timeouts += more;
  else if (what === 'cx_tx_bytes_total') sums.bytesSent += more;
  else if (what === 'cx_rx_bytes_total') sums.bytesReceived += more;
  else if (what === 'cx_total') growth.connections += more;
  else if (what === 'cx_connect_fail') growth.connectFailures += more;
  else if (what === 'cx_none_healthy') growth.noneHealthy += more;
}
