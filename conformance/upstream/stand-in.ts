/** The real host that a stand-in takes the place of. One stand-in for each (cluster, address, port), shared by live and proposed. */
export type HostKey = { readonly cluster: string; readonly address: string; readonly port: number };

/** `payments/10.0.0.7:8080` */
export const hostKeyText = ({ cluster, address, port }: HostKey): string => `${cluster}/${address}:${port}`;

/** What a stand-in does with requests from now on. Health checks have a behaviour of their own. */
export type UpstreamBehaviour = {
  /**
   * Answer the first n requests (of those that match, counted over all selected hosts together, so that a retry on another host
   * is the next one) with `failStatus`, or with `reset` where that is given, then normally.
   */
  readonly failFirst?: number;
  /** Default 503; for gRPC calls the grpc-status UNAVAILABLE goes with it. Without `failFirst` every request fails. */
  readonly failStatus?: number;
  /** Wait before the answer's headers. */
  readonly delayMs?: number;
  /** `before-headers`: close the connection (HTTP/2: RST_STREAM) instead of an answer; `mid-body`: after half of the body. */
  readonly reset?: 'before-headers' | 'mid-body';
  /** The answer's status, default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** grpc-status of gRPC answers, default 0. */
  readonly grpcStatus?: number;
};

/** `serving`: passes health checks. `maintenance`: fails them with 503 (gRPC: NOT_SERVING, TCP: closes) but still answers requests. */
export type HealthState = 'serving' | 'maintenance';

/** One request as it reached a stand-in. */
export type ReceivedRequest = {
  readonly host: HostKey;
  /** `performance.now()` of this process when its headers (TCP: its first bytes) had arrived. */
  readonly atMs: number;
  readonly protocol: 'http/1.1' | 'h2' | 'tcp';
  readonly tls: { readonly serverName: string | undefined; readonly clientCertificate: boolean } | undefined;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first 64 KiB. */
  readonly body: string;
  /** The value of `x-meshgate-request`, by which a check finds its own requests. In TCP payloads the text `x-meshgate-request: ID`. */
  readonly requestId: string | undefined;
  /** The PROXY protocol header that came first on its connection. */
  readonly proxyProtocol: ProxyProtocolHeader | undefined;
};

/** Source and destination are `address:port` (IPv6 in brackets), undefined for LOCAL and UNKNOWN. */
export type ProxyProtocolHeader = {
  readonly version: 1 | 2;
  readonly source: string | undefined;
  readonly destination: string | undefined;
};

export const REQUEST_ID_HEADER = 'x-meshgate-request';

/** What a stand-in must be able to speak and prove about itself, read from the cluster that it belongs to. */
export type StandInSpec = {
  readonly key: HostKey;
  /** DNS names, URIs and IP addresses that its certificate must carry so that the cluster's own SAN matchers accept it. */
  readonly certificateNames: {
    readonly dns: readonly string[];
    readonly uri: readonly string[];
    readonly ip: readonly string[];
  };
  /** How its health is asked for: request paths of HTTP checks (to tell them from traffic) and service names of gRPC ones. */
  readonly healthCheckPaths: readonly string[];
  /** What a healthy answer to a path of `healthCheckPaths` must look like where an empty 200 will not do. */
  readonly healthCheckAnswers?: Readonly<Record<string, HealthCheckAnswer>>;
  /**
   * For TCP checks with a payload: answer `receive` (hex) when `send` (hex) arrives; without `send`, speak first. Without both it is
   * a check that only connects: in maintenance such a host accepts no connections at all, because nothing less would fail it.
   */
  readonly tcpHealthChecks: readonly { readonly send: string; readonly receive: readonly string[] }[];
};

/** Default status 200, no body. */
export type HealthCheckAnswer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
