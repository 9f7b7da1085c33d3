import type { LogEntry } from '../access-logs/log-entry.ts';
import { NO_FAILURE_FLAGS, NO_HOST_FLAGS, TIMEOUT_FLAGS } from '../access-logs/response-flags.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import { type MutableSums, plus } from './edge-sums.ts';

/** What a direct response says of itself in `response_code_details`. */
const DIRECT = 'direct_response';
/** What gRPC itself takes for a 5xx. https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const FAILED_GRPC: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/** The bucket of `LATENCY_BOUNDS_MS` that a latency goes into; one more is for what is above. */
export function bucketOf(ms: number): number {
  const found = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return found === -1 ? LATENCY_BOUNDS_MS.length : found;
}

/**
 * A failure is an answer of 5xx or none at all, or a gRPC status to that effect where it is logged; not a direct response or an injected
 * fault, which the config asks for, and not a client that went away. A TCP connection failed when no host took it.
 */
export function isFailure(entry: LogEntry): boolean {
  const { flags, codeDetails, code, grpcStatus } = entry;
  if (entry.kind === 'tcp') return flags.some((flag) => NO_HOST_FLAGS.has(flag));
  if (codeDetails === DIRECT || flags.some((flag) => NO_FAILURE_FLAGS.has(flag))) return false;
  return code === 0 || code >= 500 || (grpcStatus !== undefined && FAILED_GRPC.has(grpcStatus));
}

const isTimeout = ({ flags }: LogEntry): boolean => flags.some((flag) => TIMEOUT_FLAGS.has(flag));

/** Adds one entry, which is of an exchange as a whole. */
export function addEntry(sums: MutableSums, entry: LogEntry): void {
  if (entry.kind === 'tcp') {
    sums.connections += 1;
    if (isFailure(entry)) sums.connectionFailures += 1;
  } else {
    sums.requests += 1;
    if (isFailure(entry)) sums.failures += 1;
    if (entry.durationMs !== undefined) {
      const bucket = bucketOf(entry.durationMs);
      sums.latencyCounts[bucket] = (sums.latencyCounts[bucket] ?? 0) + 1;
    }
  }
  sums.retries += Math.max(0, entry.attempts - 1);
  if (isTimeout(entry)) sums.timeouts += 1;
  sums.bytesSent = plus(sums.bytesSent, entry.bytesSent);
  sums.bytesReceived = plus(sums.bytesReceived, entry.bytesReceived);
}
