import type { Finding } from '../../render/finding.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import type { SpanKind } from '../upstream/otlp-spans.ts';
import type { HealthState, UpstreamBehaviour } from '../upstream/stand-in.ts';
import type { HostSelector } from '../upstream/upstream-pool.ts';

/** A request sent to a listener of the cell. */
export type RequestSpec = {
  /** The listener's name in the snapshot. */
  readonly listener: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `h2` means prior knowledge without TLS, ALPN with it. */
  readonly protocol: 'http/1.1' | 'h2';
  readonly tls?: { readonly serverName: string; readonly clientCertificate?: boolean };
  /** A PROXY protocol header (version 1) that goes before everything else on the connection. */
  readonly proxyProtocol?: ProxyAddresses;
  /** Makes it a gRPC call: method POST, `content-type: application/grpc`, `te: trailers`, one length-prefixed message. */
  readonly grpc?: { readonly message: Uint8Array };
  /** Default 5,000. */
  readonly timeoutMs: number;
};

/** The addresses that a client says it stands for; all of one family. */
export type ProxyAddresses = {
  readonly source: { readonly address: string; readonly port: number };
  readonly destination: { readonly address: string; readonly port: number };
};

export type StatusExpectation = { readonly from: number; readonly to: number };

export type Expectation = {
  /** Any of the ranges, both ends included. */
  readonly status?: readonly StatusExpectation[];
  readonly grpcStatus?: number;
  /** Exact value, or a regular expression that matches the whole value, or absence. */
  readonly headers?: Readonly<Record<string, ValueMatch>>;
  readonly body?: ValueMatch;
  /** The cluster whose stand-in must have answered; several: any of them. Empty: no stand-in may be reached. */
  readonly answeredBy?: readonly string[];
  /** Clusters that must have received a copy (shadowing), besides the one that answered. */
  readonly mirroredTo?: readonly string[];
  /** Percent of the requests that each cluster must have received a copy of; held to within what chance allows, as `shares` are. */
  readonly mirrorShares?: Readonly<Record<string, number>>;
  /** Requests that reached stand-ins (other than mirrors) for one request of the check. */
  readonly attempts?: { readonly min: number; readonly max: number };
  /** Headers and path as the stand-in received them. */
  readonly upstream?: {
    readonly headers?: Readonly<Record<string, ValueMatch>>;
    readonly path?: ValueMatch;
    readonly authority?: ValueMatch;
  };
  /** Percent of the requests that each cluster answered; held to within what chance allows for the number of requests. */
  readonly shares?: Readonly<Record<string, number>>;
  readonly latencyMs?: { readonly min?: number; readonly p50?: number; readonly p99?: number; readonly max?: number };
  /** Envoy counters and gauges: after minus before for counters (`delta`), the value afterwards for `value`. */
  readonly stats?: readonly StatExpectation[];
  /** Some access-log line of the check's requests (JSON) must have these fields. */
  readonly accessLog?: { readonly path?: string; readonly fields: Readonly<Record<string, ValueMatch>> };
  /** Some span of each request's trace that reached a collector must be so. */
  readonly span?: SpanExpectation;
};
export type SpanExpectation = {
  readonly name?: ValueMatch;
  readonly kind?: SpanKind;
  readonly attributes?: Readonly<Record<string, ValueMatch>>;
  /** Attributes of what told of it, such as `service.name`. */
  readonly resource?: Readonly<Record<string, ValueMatch>>;
};
export type ValueMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'present' };
export type StatExpectation = {
  readonly name: string;
  readonly delta?: { readonly min?: number; readonly max?: number };
  readonly value?: { readonly min?: number; readonly max?: number };
};

export type UpstreamArrangement = {
  readonly hosts: HostSelector;
  readonly behaviour?: UpstreamBehaviour;
  readonly health?: HealthState;
};

/** Asked of a running cell: data, so that default and declared checks are one thing to the runner. */
export type RequestCheck = {
  readonly kind: 'request';
  readonly name: string;
  readonly origin: 'default' | 'declared';
  readonly at: SourceLocation;
  readonly request: RequestSpec;
  readonly repeat: number;
  readonly concurrency: number;
  readonly arrangements: readonly UpstreamArrangement[];
  readonly expect: Expectation;
  /** Where each expectation stands, by its path below `expect` (`status`, `headers.location`); one without a place stands at `at`. */
  readonly places?: Readonly<Record<string, SourceLocation>>;
  /**
   * Set where Envoy may well answer by itself (a filter that refuses, a fault): if it does so and no stand-in is reached, the
   * check is skipped with this reason instead of judged.
   */
  readonly mayAnswerLocally?: string;
  /** Stages that it applies to; absent: all. */
  readonly stages?: readonly string[];
  /** A semver range of Envoy versions that it applies to; absent: all. */
  readonly envoy?: string;
};
/** Bytes sent to a TCP proxy come back from a stand-in of one of the clusters. */
export type TcpCheck = {
  readonly kind: 'tcp';
  readonly name: string;
  readonly origin: 'default';
  readonly at: SourceLocation;
  /** The listener's name in the snapshot. */
  readonly listener: string;
  /** TLS with the listener, or through it with the stand-in; `applicationProtocol` is the ALPN offer. */
  readonly tls?: {
    readonly serverName: string;
    readonly clientCertificate?: boolean;
    readonly applicationProtocol?: string;
  };
  readonly proxyProtocol?: ProxyAddresses;
  readonly answeredBy: readonly string[];
  /** As in `RequestCheck`: a connection that ends before it reaches a stand-in is a skip with this reason. */
  readonly mayAnswerLocally?: string;
  readonly timeoutMs: number;
};
/** Every host of a health-checked cluster turns healthy. */
export type ClusterHealthCheck = {
  readonly kind: 'cluster-health';
  readonly name: string;
  readonly origin: 'default';
  readonly at: SourceLocation;
  readonly cluster: string;
};
/** A program of the config author's; exit 0 passes. */
export type ScriptCheck = {
  readonly kind: 'script';
  readonly name: string;
  readonly origin: 'declared';
  readonly at: SourceLocation;
  /** Absolute path. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly stages?: readonly string[];
  readonly envoy?: string;
};
/** Something that could have been asked but cannot be from outside, said rather than left out. */
export type UncheckableRoute = {
  readonly kind: 'uncheckable';
  readonly name: string;
  readonly origin: 'default';
  readonly at: SourceLocation;
  readonly reason: string;
};
export type Check = RequestCheck | TcpCheck | ClusterHealthCheck | ScriptCheck | UncheckableRoute;

/** A skip says why. A throw of the runner is a broken harness, never a failed check. */
export type CheckOutcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly findings: readonly Finding[] }
  | { readonly kind: 'skip'; readonly reason: string };
export type CheckResult = {
  readonly name: string;
  readonly origin: Check['origin'];
  readonly at: SourceLocation;
  readonly outcome: CheckOutcome;
  readonly durationMs: number;
  /** Output of a script (capped), or a summary of the answers. */
  readonly evidence?: string;
};
