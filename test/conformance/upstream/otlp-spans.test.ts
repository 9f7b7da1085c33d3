import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { spansOfExport } from '../../../conformance/upstream/otlp-spans.ts';
import { startFixture } from './pool-fixture.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OTHER = '5bf92f3577b34da6a3ce929d0e0e4736';

const message = (write: (writer: BinaryWriter) => void): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};
const field = (writer: BinaryWriter, number: number, bytes: Uint8Array) => writer.uint32(number * 8 + 2).bytes(bytes);
const text = (writer: BinaryWriter, number: number, value: string) => writer.uint32(number * 8 + 2).string(value);
const attribute = (key: string, value: Uint8Array): Uint8Array =>
  message((to) => {
    text(to, 1, key);
    field(to, 2, value);
  });
const textValue = (value: string): Uint8Array => message((to) => text(to, 1, value));

/** An `ExportTraceServiceRequest` with one span, as opentelemetry-proto has it. */
const exportOf = (traceId: string, attributes: readonly Uint8Array[] = [], parent = ''): Uint8Array => {
  const span = message((to) => {
    field(to, 1, Buffer.from(traceId, 'hex'));
    field(to, 2, Buffer.from('00f067aa0ba902b7', 'hex'));
    field(to, 4, Buffer.from(parent, 'hex'));
    text(to, 5, 'ingress');
    to.uint32(6 * 8).int32(2);
    to.uint32(7 * 8 + 1).fixed64(1n);
    for (const one of attributes) field(to, 9, one);
  });
  const resource = message((to) => field(to, 1, attribute('service.name', textValue('shop'))));
  const scope = message((to) => field(to, 2, span));
  const resourceSpans = message((to) => {
    field(to, 1, resource);
    field(to, 2, scope);
  });
  return message((to) => field(to, 1, resourceSpans));
};

test('a span is read with all that a check may ask for', () => {
  const attributes = [
    attribute('http.status_code', textValue('200')),
    attribute(
      'error',
      message((to) => to.uint32(2 * 8).bool(true)),
    ),
    attribute(
      'size',
      message((to) => to.uint32(3 * 8).int64(-7n)),
    ),
    attribute(
      'share',
      message((to) => to.uint32(4 * 8 + 1).double(0.5)),
    ),
    attribute(
      'list',
      message((to) => field(to, 5, new Uint8Array())),
    ),
  ];
  expect(spansOfExport(exportOf(TRACE, attributes, '00f067aa0ba902b8'))).toEqual([
    {
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      parentSpanId: '00f067aa0ba902b8',
      name: 'ingress',
      kind: 'server',
      attributes: { 'http.status_code': '200', error: 'true', size: '-7', share: '0.5' },
      resource: { 'service.name': 'shop' },
    },
  ]);
  expect(spansOfExport(exportOf(TRACE))[0]?.parentSpanId).toBeUndefined();
});

test('what is no export is refused', () => {
  expect(() => spansOfExport(exportOf(TRACE).subarray(0, 30))).toThrow(RangeError);
  expect(() => spansOfExport(message((to) => to.uint32(8).int32(1)))).toThrow(RangeError);
});

describe('a stand-in in the place of a collector', () => {
  const GRPC = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

  test('gives the spans of a trace that came over gRPC, and over HTTP', async () => {
    await using fixture = await startFixture();
    await fixture.answer({ protocol: 'h2', method: 'POST', path: GRPC, grpc: { message: exportOf(TRACE) } });
    const { host, port } = fixture.address();
    const headers = { 'content-type': 'application/x-protobuf' };
    await fetch(`http://${host}:${port}/v1/traces`, { method: 'POST', headers, body: Buffer.from(exportOf(OTHER)) });
    expect(fixture.pool.spans(TRACE)).toMatchObject([{ traceId: TRACE, name: 'ingress' }]);
    expect(fixture.pool.spans(OTHER)).toMatchObject([{ traceId: OTHER, name: 'ingress' }]);
    expect(fixture.pool.spans(TRACE.replace('4', '9'))).toEqual([]);
    expect(fixture.pool.spans('no id')).toEqual([]);
    fixture.pool.reset();
    expect(fixture.pool.spans(TRACE)).toEqual([]);
  });

  test('takes rubbish for no spans, and other calls for no exports', async () => {
    await using fixture = await startFixture();
    const send = (path: string, bytes: Uint8Array) =>
      fixture.answer({ protocol: 'h2', method: 'POST', path, grpc: { message: bytes } });
    await send(GRPC, Buffer.concat([Buffer.from(TRACE, 'hex'), Buffer.of(0xff)]));
    await send('/shop.Cart/Add', exportOf(TRACE));
    expect(fixture.pool.spans(TRACE)).toEqual([]);
  });
});
