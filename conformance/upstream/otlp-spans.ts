import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A span as an Envoy told a collector of it. Attributes as text: numbers and booleans as they are written. */
export type ReceivedSpan = {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of what it was told by (`service.name`). */
  readonly resource: Readonly<Record<string, string>>;
};
export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

/** Paths to which OTLP sends spans, over gRPC and over HTTP. https://opentelemetry.io/docs/specs/otlp/ */
export const isSpanExport = (path: string): boolean =>
  path === '/opentelemetry.proto.collector.trace.v1.TraceService/Export' || path === '/v1/traces';

// The messages are not in Envoy's API; these numbers are of opentelemetry/proto/{collector/trace,trace,resource,common}/v1, which are stable.
const EXPORT = { resourceSpans: 1 };
const RESOURCE_SPANS = { resource: 1, scopeSpans: 2 };
const RESOURCE = { attributes: 1 };
const SCOPE_SPANS = { spans: 2 };
const SPAN = { traceId: 1, spanId: 2, parentSpanId: 4, name: 5, kind: 6, attributes: 9 };
const KEY_VALUE = { key: 1, value: 2 };
const ANY_VALUE = { text: 1, flag: 2, whole: 3, fraction: 4 };

/** The spans of an `ExportTraceServiceRequest`. Throws on bytes that are none. */
export function spansOfExport(message: Uint8Array): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  for (const part of fields(message)) if (part.field === EXPORT.resourceSpans) addResourceSpans(bytesOf(part), spans);
  return spans;
}

function addResourceSpans(message: Uint8Array, spans: ReceivedSpan[]): void {
  const resource: Record<string, string> = {};
  for (const part of fields(message)) {
    if (part.field === RESOURCE_SPANS.resource) {
      for (const inner of fields(bytesOf(part)))
        if (inner.field === RESOURCE.attributes) addAttribute(bytesOf(inner), resource);
    } else if (part.field === RESOURCE_SPANS.scopeSpans) {
      for (const inner of fields(bytesOf(part)))
        if (inner.field === SCOPE_SPANS.spans) spans.push(spanOf(bytesOf(inner), resource));
    }
  }
}

function spanOf(message: Uint8Array, resource: Record<string, string>): ReceivedSpan {
  const ids = { traceId: '', spanId: '', parentSpanId: '' };
  let name = '';
  let kind: SpanKind = 'unspecified';
  const attributes: Record<string, string> = {};
  for (const part of fields(message)) {
    if (part.field === SPAN.traceId) ids.traceId = hexOf(part);
    else if (part.field === SPAN.spanId) ids.spanId = hexOf(part);
    else if (part.field === SPAN.parentSpanId) ids.parentSpanId = hexOf(part);
    else if (part.field === SPAN.name) name = textOf(part);
    else if (part.field === SPAN.kind) kind = SPAN_KINDS[Number(part.value)] ?? 'unspecified';
    else if (part.field === SPAN.attributes) addAttribute(bytesOf(part), attributes);
  }
  return { ...ids, parentSpanId: ids.parentSpanId || undefined, name, kind, attributes, resource };
}

/** Lists and maps are left out: Envoy writes none. */
function addAttribute(message: Uint8Array, to: Record<string, string>): void {
  let key = '';
  let value: string | undefined;
  for (const part of fields(message)) {
    if (part.field === KEY_VALUE.key) key = textOf(part);
    else if (part.field === KEY_VALUE.value)
      for (const inner of fields(bytesOf(part))) value = scalarOf(inner) ?? value;
  }
  if (value !== undefined) to[key] = value;
}

function scalarOf(part: Field): string | undefined {
  switch (part.field) {
    case ANY_VALUE.text:
      return textOf(part);
    case ANY_VALUE.flag:
      return String(Number(part.value) !== 0);
    case ANY_VALUE.whole:
    case ANY_VALUE.fraction:
      return String(part.value);
    default:
      return undefined;
  }
}

type Field = { readonly field: number; readonly value: Uint8Array | string | number };

function* fields(message: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) yield { field, value: reader.bytes() };
    else if (wireType === WireType.Varint) yield { field, value: String(reader.int64()) };
    else if (wireType === WireType.Bit64) yield { field, value: reader.double() };
    else reader.skip(wireType);
  }
}

function bytesOf({ value }: Field): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError('a number stands where a message should');
}
const hexOf = (part: Field): string => Buffer.from(bytesOf(part)).toString('hex');
const textOf = (part: Field): string => Buffer.from(bytesOf(part)).toString('utf8');
