/** One exchange, or one TCP connection, as an Envoy logged it. Texts are as they came: from anybody. */
export type LogEntry = {
  readonly kind: 'http' | 'tcp';
  /** Not of the exchange as a whole: logged at its beginning, midway, or for one attempt of it. Another entry tells of all of it. */
  readonly isIntermediate: boolean;
  readonly startEpochMs: number | undefined;
  /** Until the last byte was sent to the client; undefined: nothing was. */
  readonly durationMs: number | undefined;
  /** Empty: none was found, or none was needed. */
  readonly cluster: string;
  readonly route: string;
  /** Envoy's letters, such as `UH`. */
  readonly flags: readonly string[];
  /** 0: the router had no part in it. */
  readonly attempts: number;
  /** Of HTTP; 0: no answer. */
  readonly code: number;
  readonly codeDetails: string;
  /** Where the trailer or header `grpc-status` is logged. */
  readonly grpcStatus: number | undefined;
  /** To the upstream host, and from it. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** 32 hexadecimal digits, of the header `traceparent` or `x-b3-traceid` where one is logged. */
  readonly traceId: string | undefined;
  /** 16 hexadecimal digits, of `traceparent`. */
  readonly spanId: string | undefined;
  /** What the certificate of the client says, and its header `x-envoy-downstream-service-cluster` where it is logged. */
  readonly peerUris: readonly string[];
  readonly callerHeader: string | undefined;
  /** What only a log tells; undefined where nobody writes one. */
  readonly texts: LogTexts | undefined;
};

export type LogTexts = {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** With the query. */
  readonly path: string;
  readonly protocol: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly clientAddress: string;
  readonly upstreamAddress: string;
  readonly upstreamFault: string;
  readonly terminationDetails: string;
};

/** One message of `StreamAccessLogs`. */
export type LogMessage = { readonly logName: string; readonly entries: readonly LogEntry[] };
