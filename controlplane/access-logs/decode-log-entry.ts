import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { LogEntry, LogTexts } from './log-entry.ts';
import { addressOf, countOf, eachField, mapEntry, messageOf, millisOf, textOf, wrappedNumber } from './log-wire.ts';
import { RESPONSE_FLAGS } from './response-flags.ts';

/*
 * Field numbers: https://github.com/envoyproxy/envoy/blob/main/api/envoy/data/accesslog/v3/accesslog.proto. Written by hand because logs
 * are what a control plane is sent most of, and most of an entry is read by nobody. A test holds them against Envoy's own descriptors.
 */

const METHODS = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
const PROTOCOLS = ['', '1.0', '1.1', '2', '3'];

/** Of `AccessLogType`: not said, `TcpConnectionEnd`, `DownstreamEnd`, `UdpSessionEnd`. Others are of attempts, of beginnings, or midway. */
const WHOLE_TYPES: ReadonlySet<number> = new Set([0, 3, 6, 13]);

type Draft = { -readonly [Name in keyof LogEntry]: LogEntry[Name] };
type DraftTexts = { -readonly [Name in keyof LogTexts]: LogTexts[Name] };

/**
 * `withTexts`: also what only a log tells. Throws on bytes that are no entry; text that is no UTF-8 is repaired, and numbers and times that
 * cannot be are not known.
 */
export function decodeLogEntry(kind: LogEntry['kind'], bytes: Uint8Array, withTexts: boolean): LogEntry {
  const entry: Draft = {
    kind,
    isIntermediate: false,
    startEpochMs: undefined,
    durationMs: undefined,
    cluster: '',
    route: '',
    flags: [],
    attempts: 0,
    code: 0,
    codeDetails: '',
    grpcStatus: undefined,
    bytesSent: 0,
    bytesReceived: 0,
    traceId: undefined,
    spanId: undefined,
    peerUris: [],
    callerHeader: undefined,
    texts: undefined,
  };
  const texts = withTexts ? noTexts() : undefined;
  eachField(bytes, (field, wire, reader) => {
    if (field === 1 && wire === WireType.LengthDelimited) common(messageOf(reader), entry, texts);
    else if (kind === 'tcp' && field === 2) connection(messageOf(reader), entry, texts);
    else if (kind === 'http' && field === 2 && texts) texts.protocol = PROTOCOLS[reader.uint32()] ?? '';
    else if (kind === 'http' && field === 3) request(messageOf(reader), entry, texts);
    else if (kind === 'http' && field === 4) response(messageOf(reader), entry, texts);
    else return false;
    return true;
  });
  entry.texts = texts;
  return entry;
}

const noTexts = (): DraftTexts => ({
  method: '',
  scheme: '',
  authority: '',
  path: '',
  protocol: '',
  userAgent: '',
  requestId: '',
  requestBytes: 0,
  responseBytes: 0,
  clientAddress: '',
  upstreamAddress: '',
  upstreamFault: '',
  terminationDetails: '',
});

function common(bytes: Uint8Array, entry: Draft, texts: DraftTexts | undefined): void {
  let toLastByteMs: number | undefined;
  let isMidway = false;
  let isOfPart = false;
  eachField(bytes, (field, _, reader) => {
    switch (field) {
      case 2:
        if (!texts) return false;
        texts.clientAddress = addressOf(messageOf(reader));
        return true;
      case 4:
        entry.peerUris = peerUris(messageOf(reader));
        return true;
      case 5:
        entry.startEpochMs = timeOf(millisOf(messageOf(reader)));
        return true;
      case 12:
        toLastByteMs = durationOf(millisOf(messageOf(reader)));
        return true;
      case 13:
        if (!texts) return false;
        texts.upstreamAddress = addressOf(messageOf(reader));
        return true;
      case 15:
        entry.cluster = textOf(reader);
        return true;
      case 16:
        entry.flags = flagsOf(messageOf(reader));
        return true;
      case 18:
        if (!texts) return false;
        texts.upstreamFault = textOf(reader);
        return true;
      case 19:
        entry.route = textOf(reader);
        return true;
      case 23:
        entry.durationMs = durationOf(millisOf(messageOf(reader)));
        return true;
      case 24:
        entry.attempts = reader.uint32();
        return true;
      case 25:
        if (!texts) return false;
        texts.terminationDetails = textOf(reader);
        return true;
      case 27:
        isMidway = reader.bool();
        return true;
      case 31:
        entry.bytesSent = countOf(reader);
        return true;
      case 32:
        entry.bytesReceived = countOf(reader);
        return true;
      case 33:
        isOfPart = !WHOLE_TYPES.has(reader.uint32());
        return true;
      default:
        return false;
    }
  });
  entry.durationMs = toLastByteMs ?? entry.durationMs;
  entry.isIntermediate = isMidway || isOfPart;
}

/** https://protobuf.dev/reference/protobuf/google.protobuf/#duration: 10,000 years. */
const MAX_DURATION_MS = 315_576_000_000_000;
/** Of a `Timestamp`. */
const MAX_EPOCH_MS = Date.UTC(9_999, 11, 31);

const durationOf = (ms: number): number | undefined => (ms >= 0 && ms <= MAX_DURATION_MS ? ms : undefined);
const timeOf = (epochMs: number): number | undefined => (epochMs >= 0 && epochMs < MAX_EPOCH_MS ? epochMs : undefined);

function connection(bytes: Uint8Array, entry: Draft, texts: DraftTexts | undefined): void {
  eachField(bytes, (field, _, reader) => {
    if (field > 2) return false;
    const count = countOf(reader);
    // What came from the client went to the host. Where Envoy says what it sent there, that is nearer.
    if (field === 1) entry.bytesSent ||= count;
    else entry.bytesReceived ||= count;
    if (texts) texts[field === 1 ? 'requestBytes' : 'responseBytes'] = count;
    return true;
  });
}

function request(bytes: Uint8Array, entry: Draft, texts: DraftTexts | undefined): void {
  let path = '';
  let originalPath = '';
  eachField(bytes, (field, _, reader) => {
    if (field === 13) {
      const [name, value] = mapEntry(messageOf(reader));
      if (name === 'x-envoy-downstream-service-cluster') entry.callerHeader = value;
      else if (name === 'traceparent' || name === 'x-b3-traceid') takeTrace(entry, name, value);
      return true;
    }
    if (!texts) return false;
    if (field === 1) texts.method = METHODS[reader.uint32()] ?? '';
    else if (field === 2) texts.scheme = textOf(reader);
    else if (field === 3) texts.authority = textOf(reader);
    else if (field === 5) path = textOf(reader);
    else if (field === 10) originalPath = textOf(reader);
    else if (field === 6) texts.userAgent = textOf(reader);
    else if (field === 9) texts.requestId = textOf(reader);
    else if (field === 12) texts.requestBytes = countOf(reader);
    else return false;
    return true;
  });
  // Where a rewrite changed it, what the client asked for.
  if (texts) texts.path = originalPath || path;
}

function response(bytes: Uint8Array, entry: Draft, texts: DraftTexts | undefined): void {
  eachField(bytes, (field, _, reader) => {
    if (field === 1) entry.code = wrappedNumber(messageOf(reader));
    else if (field === 6) entry.codeDetails = textOf(reader);
    else if (field === 3 && texts) texts.responseBytes = countOf(reader);
    else if (field === 4 || field === 5) {
      const [name, value] = mapEntry(messageOf(reader));
      if (name === 'grpc-status' && /^\d{1,2}$/.test(value)) entry.grpcStatus = Number(value);
    } else return false;
    return true;
  });
}

const ZEROS = /^0+$/;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function takeTrace(entry: Draft, name: string, value: string): void {
  const found =
    name === 'traceparent'
      ? /^[0-9a-f]{2}-(?<trace>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-/.exec(value)?.groups
      : /^(?<trace>(?:[0-9a-f]{16}){1,2})$/i.exec(value)?.groups;
  const traceId = found?.trace?.toLowerCase().padStart(32, '0');
  if (traceId === undefined || ZEROS.test(traceId)) return;
  entry.traceId = traceId;
  entry.spanId = found?.span === undefined || ZEROS.test(found.span) ? undefined : found.span;
}

function flagsOf(bytes: Uint8Array): string[] {
  const letters: string[] = [];
  eachField(bytes, (field, wire, reader) => {
    // `unauthorized_details` is a message: that it is there is what counts.
    const isFlag = wire === WireType.Varint;
    const found = RESPONSE_FLAGS.get(field);
    if ((!isFlag || reader.bool()) && found !== undefined && !letters.includes(found)) letters.push(found);
    return isFlag;
  });
  return letters;
}

/** `peer_certificate_properties.subject_alt_name[].uri` of `TLSProperties`. */
function peerUris(tls: Uint8Array): string[] {
  const uris: string[] = [];
  const inside = (bytes: Uint8Array, field: number, take: (reader: BinaryReader) => void): void =>
    eachField(bytes, (found, _, reader) => {
      if (found !== field) return false;
      take(reader);
      return true;
    });
  inside(tls, 5, (peer) =>
    inside(messageOf(peer), 1, (names) => inside(messageOf(names), 1, (uri) => uris.push(textOf(uri)))),
  );
  return uris;
}
