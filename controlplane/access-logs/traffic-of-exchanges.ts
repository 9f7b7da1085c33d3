import type { TrafficIncrement } from '../fleet/traffic-meter.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';

/** The parts of `envoy.data.accesslog.v3.HTTPAccessLogEntry` that traffic is made of. */
export type LoggedExchange = {
  readonly commonProperties?: {
    readonly duration?: Span;
    readonly timeToLastDownstreamTxByte?: Span;
    readonly upstreamRequestAttemptCount: number;
    readonly intermediateLogEntry: boolean;
    readonly responseFlags?: {
      readonly faultInjected: boolean;
      readonly downstreamConnectionTermination: boolean;
      readonly downstreamRemoteReset: boolean;
    };
  };
  readonly response?: {
    readonly responseCode?: number | { readonly value: number };
    readonly responseCodeDetails: string;
  };
};
type Span = { readonly seconds: bigint; readonly nanos: number };

/** What a direct response says of itself in `response_code_details`. */
const DIRECT = 'direct_response';

/**
 * Sums over logged exchanges. A failure is an answer of 5xx or none at all; not a direct response or an injected fault, which the
 * config asks for, and not a client that went away.
 */
export function trafficOfExchanges(exchanges: readonly LoggedExchange[]): TrafficIncrement {
  let requests = 0;
  let failures = 0;
  const latencyCounts = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);
  for (const { commonProperties: common, response } of exchanges) {
    if (common?.intermediateLogEntry) continue;
    requests += 1;
    if (isFailure(common, response)) failures += 1;
    const span = common?.timeToLastDownstreamTxByte ?? common?.duration;
    if (!span) continue;
    const ms = Number(span.seconds) * 1_000 + span.nanos / 1_000_000;
    const found = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const index = found === -1 ? LATENCY_BOUNDS_MS.length : found;
    latencyCounts[index] = (latencyCounts[index] ?? 0) + 1;
  }
  return { requests, failures, latencyCounts, panicPicks: new Map() };
}

function isFailure(common: LoggedExchange['commonProperties'], response: LoggedExchange['response']): boolean {
  const { responseFlags: flags } = common ?? {};
  if (flags?.faultInjected || response?.responseCodeDetails === DIRECT) return false;
  if (flags?.downstreamConnectionTermination || flags?.downstreamRemoteReset) return false;
  const code = typeof response?.responseCode === 'object' ? response.responseCode.value : (response?.responseCode ?? 0);
  return code === 0 || code >= 500;
}
