import type { TrafficIncrement } from '../fleet/traffic-meter.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import { addExchanges, type ExchangeSums, type MutableSums, noExchanges } from './edge-sums.ts';

/** A new Envoy that streams metrics does so within this time: they tell of it from its beginning. */
const UNTIL_MS = 30_000;
/** Clusters of one Envoy that are noted; no Envoy speaks to more of them in its first seconds. */
const MAX_CLUSTERS = 1_000;

export type Noted = { traffic: TrafficIncrement; readonly clusters: Map<string, MutableSums> };
type Note = Noted & { readonly sinceEpochMs: number; streams: number };

/**
 * What was counted by the access logs of Envoys in their first seconds. When such an Envoy then streams its metrics, which tell of the
 * same exchanges, this is taken off.
 */
export class LoggedBefore {
  readonly #notes = new Map<string, Note>();

  /** An Envoy opens a log; it has one stream for each of its kinds and names. When all of them have ended, it has. */
  open(nodeId: string, nowEpochMs: number): () => void {
    for (const [id, { sinceEpochMs }] of this.#notes) if (nowEpochMs - sinceEpochMs > UNTIL_MS) this.#notes.delete(id);
    const known = this.#notes.get(nodeId);
    const note = known ?? { sinceEpochMs: nowEpochMs, traffic: NO_TRAFFIC, clusters: new Map(), streams: 0 };
    note.streams += 1;
    this.#notes.set(nodeId, note);
    return () => {
      note.streams -= 1;
      if (note.streams === 0 && this.#notes.get(nodeId) === note) this.#notes.delete(nodeId);
    };
  }

  note(
    nodeId: string,
    traffic: TrafficIncrement,
    clusters: ReadonlyMap<string, ExchangeSums>,
    nowEpochMs: number,
  ): void {
    const note = this.#notes.get(nodeId);
    if (!note) return;
    if (nowEpochMs - note.sinceEpochMs > UNTIL_MS) return void this.#notes.delete(nodeId);
    note.traffic = {
      ...note.traffic,
      requests: note.traffic.requests + traffic.requests,
      failures: note.traffic.failures + traffic.failures,
      latencyCounts: note.traffic.latencyCounts.map((count, index) => count + (traffic.latencyCounts[index] ?? 0)),
    };
    for (const [cluster, sums] of clusters) {
      const known = note.clusters.get(cluster);
      if (known) addExchanges(known, sums);
      else if (note.clusters.size < MAX_CLUSTERS) {
        const first = noExchanges();
        addExchanges(first, sums);
        note.clusters.set(cluster, first);
      }
    }
  }

  /** What is noted of an Envoy, and nothing more from then on. */
  take(nodeId: string): Noted | undefined {
    const note = this.#notes.get(nodeId);
    this.#notes.delete(nodeId);
    return note;
  }
}

const NO_TRAFFIC: TrafficIncrement = {
  requests: 0,
  failures: 0,
  latencyCounts: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0),
  panicPicks: new Map(),
};

/** Never below nothing: where the two do not see the same, what was counted stays counted. */
const less = (of: number, taken: number): number => Math.max(0, of - taken);

const lessEach = (counts: readonly number[], all: number, taken: readonly number[], allTaken: number): number[] =>
  // They do not measure from the same moment on, so the buckets may differ: none is left of requests that are all taken off.
  allTaken >= all ? counts.map(() => 0) : counts.map((count, index) => less(count, taken[index] ?? 0));

export const trafficWithout = (traffic: TrafficIncrement, noted: TrafficIncrement): TrafficIncrement => ({
  ...traffic,
  requests: less(traffic.requests, noted.requests),
  failures: less(traffic.failures, noted.failures),
  latencyCounts: lessEach(traffic.latencyCounts, traffic.requests, noted.latencyCounts, noted.requests),
});

export const exchangesWithout = (sums: ExchangeSums, noted: ExchangeSums): ExchangeSums => ({
  requests: less(sums.requests, noted.requests),
  failures: less(sums.failures, noted.failures),
  latencyCounts: lessEach(sums.latencyCounts, sums.requests, noted.latencyCounts, noted.requests),
  retries: less(sums.retries, noted.retries),
  timeouts: less(sums.timeouts, noted.timeouts),
  connections: less(sums.connections, noted.connections),
  connectionFailures: less(sums.connectionFailures, noted.connectionFailures),
  bytesSent: less(sums.bytesSent, noted.bytesSent),
  bytesReceived: less(sums.bytesReceived, noted.bytesReceived),
});
