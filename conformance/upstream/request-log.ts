import { GrpcFrameReader, isGrpcContentType } from './grpc-frames.ts';
import { isSpanExport, type ReceivedSpan, spansOfExport } from './otlp-spans.ts';
import type { ReceivedRequest } from './stand-in.ts';

/** How many requests are kept; then the oldest go. */
const KEPT_REQUESTS = 100_000;
/** Of one body. */
const RECORDED_BODY_BYTES = 64 * 1024;
/** Of one that brings spans, which are read from it. */
const RECORDED_SPAN_BYTES = 1024 * 1024;
/** How many of those are kept; then the oldest go. */
const KEPT_SPAN_EXPORTS = 20_000;
/** Of all bodies together; then the oldest bodies go, and their requests stay. */
const KEPT_BODY_BYTES = 64 * 1024 * 1024;

/**
 * A request as it is being recorded: what the wire gave, unparsed, because most recordings are counted and never read.
 * `headers`: names and values in turn, pseudo-headers among them.
 */
export type Recording = Pick<
  ReceivedRequest,
  'host' | 'atMs' | 'protocol' | 'tls' | 'method' | 'path' | 'authority' | 'proxyProtocol'
> & {
  readonly headers: readonly string[];
  requestId: string | undefined;
  body: Buffer[] | undefined;
  bodyBytes: number;
};

/** The last requests that reached a pool's stand-ins, oldest first. */
export class RequestLog {
  /** A ring once it is full; `#oldest` is where it begins. */
  #ring: Recording[] = [];
  #oldest = 0;
  #byRequestId = new Map<string, Recording[]>();
  /** Recordings with a body, oldest first; only looked at when too much is kept. */
  #withBody: Recording[] = [];
  #bodyBytes = 0;
  /** Requests that bring spans, oldest first. */
  #spanExports: Recording[] = [];

  add(recording: Recording): void {
    if (this.#ring.length < KEPT_REQUESTS) this.#ring.push(recording);
    else {
      this.#forgetId(this.#ring[this.#oldest] as Recording);
      this.#ring[this.#oldest] = recording;
      this.#oldest = (this.#oldest + 1) % KEPT_REQUESTS;
    }
    if (recording.requestId !== undefined) this.identify(recording, recording.requestId);
    if (!isSpanExport(recording.path)) return;
    this.#spanExports.push(recording);
    if (this.#spanExports.length > 2 * KEPT_SPAN_EXPORTS)
      this.#spanExports = this.#spanExports.slice(-KEPT_SPAN_EXPORTS);
  }

  identify(recording: Recording, requestId: string): void {
    recording.requestId = requestId;
    const same = this.#byRequestId.get(requestId);
    if (same) same.push(recording);
    else this.#byRequestId.set(requestId, [recording]);
  }

  addBody(recording: Recording, chunk: Buffer): void {
    const most = isSpanExport(recording.path) ? RECORDED_SPAN_BYTES : RECORDED_BODY_BYTES;
    const room = most - recording.bodyBytes;
    if (room <= 0 || chunk.length === 0) return;
    // A copy: the chunk may be a corner of a large buffer that would be kept alive.
    const kept = Buffer.from(chunk.length <= room ? chunk : chunk.subarray(0, room));
    if (recording.body) recording.body.push(kept);
    else {
      recording.body = [kept];
      this.#withBody.push(recording);
    }
    recording.bodyBytes += kept.length;
    this.#bodyBytes += kept.length;
    if (this.#bodyBytes > KEPT_BODY_BYTES) this.#dropOldestBodies();
  }

  select(filter: {
    readonly requestId?: string;
    readonly cluster?: string;
    readonly sinceMs?: number;
  }): ReceivedRequest[] {
    const { requestId, cluster, sinceMs } = filter;
    const found: ReceivedRequest[] = [];
    const take = (recording: Recording): void => {
      if (cluster !== undefined && recording.host.cluster !== cluster) return;
      if (sinceMs !== undefined && recording.atMs < sinceMs) return;
      found.push(received(recording));
    };
    if (requestId !== undefined) for (const recording of this.#byRequestId.get(requestId) ?? []) take(recording);
    else {
      const size = this.#ring.length;
      for (let i = sinceMs === undefined ? 0 : this.#firstSince(sinceMs); i < size; i++) take(this.#at(i));
    }
    return found;
  }

  /** Of one trace. Exports are searched for its id and only read where it is in them: most are never asked for. */
  spansOf(traceId: string): ReceivedSpan[] {
    const id = Buffer.from(traceId, 'hex');
    if (id.length !== TRACE_ID_BYTES) return [];
    return this.#spanExports.flatMap(({ headers, body }) => {
      const bytes = Buffer.concat(body ?? []);
      if (!bytes.includes(id)) return [];
      try {
        const messages = isGrpc(headers) ? new GrpcFrameReader().push(bytes) : [bytes];
        return messages.flatMap(spansOfExport).filter((span) => span.traceId === traceId);
      } catch {
        return []; // still arriving, cut off, or no spans at all
      }
    });
  }

  clear(): void {
    this.#spanExports = [];
    this.#ring = [];
    this.#oldest = 0;
    this.#byRequestId.clear();
    this.#withBody = [];
    this.#bodyBytes = 0;
  }

  #at(index: number): Recording {
    return this.#ring[(this.#oldest + index) % this.#ring.length] as Recording;
  }

  /** Times only grow, so it can be searched by halves. */
  #firstSince(sinceMs: number): number {
    let low = 0;
    for (let high = this.#ring.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#at(middle).atMs < sinceMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetId({ requestId }: Recording): void {
    if (requestId === undefined) return;
    const same = this.#byRequestId.get(requestId);
    same?.shift();
    if (same?.length === 0) this.#byRequestId.delete(requestId);
  }

  #dropOldestBodies(): void {
    let dropped = 0;
    for (; this.#bodyBytes > KEPT_BODY_BYTES / 2 && dropped < this.#withBody.length; dropped++) {
      const oldest = this.#withBody[dropped] as Recording;
      this.#bodyBytes -= oldest.bodyBytes;
      oldest.body = undefined;
      // Full, so that a body that still arrives is not taken up again from its middle.
      oldest.bodyBytes = RECORDED_SPAN_BYTES;
    }
    this.#withBody = this.#withBody.slice(dropped);
  }
}

const TRACE_ID_BYTES = 16;

/** Names are in lower case in HTTP/2, which gRPC is on. */
const isGrpc = (headers: readonly string[]): boolean => {
  const at = headers.indexOf('content-type');
  return at >= 0 && isGrpcContentType(headers[at + 1]);
};

function received(recording: Recording): ReceivedRequest {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < recording.headers.length; i += 2) {
    const name = (recording.headers[i] as string).toLowerCase();
    if (name.startsWith(':')) continue;
    const before = headers[name];
    const value = recording.headers[i + 1] as string;
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  const { host, atMs, protocol, tls, method, path, authority, requestId, proxyProtocol } = recording;
  const body = recording.body ? Buffer.concat(recording.body).toString() : '';
  return {
    host,
    atMs,
    protocol,
    tls,
    method,
    path,
    authority,
    headers: { ...headers },
    body,
    requestId,
    proxyProtocol,
  };
}
