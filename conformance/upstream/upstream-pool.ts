import type { ReceivedSpan } from './otlp-spans.ts';
import type { HealthState, HostKey, ReceivedRequest, StandInSpec, UpstreamBehaviour } from './stand-in.ts';

/** Names hosts: all of a cluster, or one of them. */
export type HostSelector = { readonly cluster: string; readonly address?: string; readonly port?: number };

/** The running stand-ins of one cell. Every one listens on a port of its own on 127.0.0.1, given by the OS. */
export interface UpstreamPool extends AsyncDisposable {
  /** Starts those that do not run yet; a spec that is known already only widens what the stand-in can do. */
  ensure(specs: readonly StandInSpec[]): Promise<void>;
  /** Throws for a host that no spec named. */
  portOf(key: HostKey): number;
  /**
   * From now on; `undefined` goes back to plain 200 answers. Counters such as `failFirst` start anew. Throws `RangeError` for a
   * behaviour that nothing could show (status 42, a header name with a space) and for hosts that no spec named.
   */
  behave(hosts: HostSelector, behaviour: UpstreamBehaviour | undefined): void;
  /** Throws `RangeError` for hosts that no spec named: silence would make a rehearsal prove nothing. */
  setHealth(hosts: HostSelector, state: HealthState): void;
  /** Requests of traffic (health checks are not among them), oldest first, the last 100,000 at most. */
  received(filter?: {
    readonly requestId?: string;
    readonly cluster?: string;
    /** As `ReceivedRequest.atMs`, included. */
    readonly sinceMs?: number;
  }): readonly ReceivedRequest[];
  /** Spans of a trace (its id in hexadecimal) that any of the stand-ins got by OTLP, in the order in which they came. */
  spans(traceId: string): readonly ReceivedSpan[];
  /** Health checks answered so far. */
  healthChecks(hosts: HostSelector): number;
  /** Forgets received requests, spans and behaviours; health goes back to serving. */
  reset(): void;
}
