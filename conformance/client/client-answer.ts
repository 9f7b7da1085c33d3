/** What came back for one request. */
export type ClientAnswer = Answer | FailedRequest;

export type Answer = {
  readonly kind: 'answer';
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  /** The first 64 KiB as text. */
  readonly body: string;
  /** Of the whole body. */
  readonly bodyBytes: number;
  /** From the trailers, or from the headers of an answer without a body. Present on gRPC answers only. */
  readonly grpcStatus?: number;
  /** Percent-decoded. */
  readonly grpcMessage?: string;
  /** The first message of a gRPC answer, as far as it lies in the first 64 KiB. */
  readonly grpcPayload?: Uint8Array;
  /** From the call to the last byte, the opening of a connection included. */
  readonly latencyMs: number;
  readonly protocol: 'http/1.1' | 'h2';
};

/** No whole answer came. */
export type FailedRequest = {
  readonly kind: 'failed';
  /**
   * `refused`: nothing listens. `reset`: the connection or stream ended before the answer did. `tls`: no handshake, or one that the
   * server took back. `protocol`: what came is no answer in this protocol, or the request cannot be said in it.
   */
  readonly reason: FailureReason;
  readonly message: string;
  readonly latencyMs: number;
};
export type FailureReason = 'refused' | 'reset' | 'timeout' | 'tls' | 'protocol';

const NOTHING_LISTENS = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
  'ENOTFOUND',
]);
const CERTIFICATE_CODES = /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_|ERR_OSSL_)/;
const CONNECTION_ENDED = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
]);

/** `handshaking`: the connection wanted TLS and had not got it yet. */
export function failureReason(error: unknown, handshaking: boolean): FailureReason {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code);
  if (NOTHING_LISTENS.has(code)) return 'refused';
  if (handshaking || CERTIFICATE_CODES.test(code)) return 'tls';
  if (code === 'ETIMEDOUT') return 'timeout';
  return CONNECTION_ENDED.has(code) ? 'reset' : 'protocol';
}

export function failureText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
