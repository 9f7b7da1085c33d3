import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';

/**
 * Who says it. The Envoy of the caller sees every exchange of its service, with its retries; the Envoy of the callee sees also callers
 * without an Envoy. An exchange between two Envoys is told of by both, so the two are kept apart and never added.
 */
const REPORTERS = ['caller', 'callee'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** Beyond the number of names that are kept apart. */
export const OTHER = 'other';
/** A caller that is not known. */
export const UNKNOWN = 'unknown';
/** The Envoy answered itself, or had no cluster to send it to. */
export const NONE = 'none';

/** What may be added up of the exchanges between two services. */
export type ExchangeSums = {
  readonly requests: number;
  /** Answered 5xx, or not at all; not what the config asks for (direct responses, fault filters), not clients that went away. */
  readonly failures: number;
  /** Counts per bucket of `LATENCY_BOUNDS_MS` (upper bounds), one more for what is above. */
  readonly latencyCounts: readonly number[];
  readonly retries: number;
  readonly timeouts: number;
  /** TCP connections without HTTP. */
  readonly connections: number;
  /** Of them: no host took it. */
  readonly connectionFailures: number;
  /** To the destination, and from it. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
};

/** Sums of one control plane over one window, of one edge of the service map. */
export type EdgeSums = ExchangeSums & {
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  readonly source: string;
  readonly destination: string;
  readonly reporter: Reporter;
};

export type MutableSums = { -readonly [Name in keyof ExchangeSums]: ExchangeSums[Name] } & { latencyCounts: number[] };

export const noExchanges = (): MutableSums => ({
  requests: 0,
  failures: 0,
  latencyCounts: new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0),
  retries: 0,
  timeouts: 0,
  connections: 0,
  connectionFailures: 0,
  bytesSent: 0,
  bytesReceived: 0,
});

/** Sums stay exact, and small enough for every column and reader: what would be above is what somebody made up. */
export const plus = (sum: number, more: number): number => Math.min(sum + more, Number.MAX_SAFE_INTEGER);

/** Adds `more` to `sums`, in place. */
export function addExchanges(sums: MutableSums, more: ExchangeSums): void {
  sums.requests = plus(sums.requests, more.requests);
  sums.failures = plus(sums.failures, more.failures);
  for (let index = 0; index < sums.latencyCounts.length; index += 1)
    sums.latencyCounts[index] = plus(sums.latencyCounts[index] ?? 0, more.latencyCounts[index] ?? 0);
  sums.retries = plus(sums.retries, more.retries);
  sums.timeouts = plus(sums.timeouts, more.timeouts);
  sums.connections = plus(sums.connections, more.connections);
  sums.connectionFailures = plus(sums.connectionFailures, more.connectionFailures);
  sums.bytesSent = plus(sums.bytesSent, more.bytesSent);
  sums.bytesReceived = plus(sums.bytesReceived, more.bytesReceived);
}
