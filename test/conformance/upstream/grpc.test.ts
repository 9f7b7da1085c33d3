import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect, test } from 'vitest';
import { GrpcFrameReader, grpcFrame } from '../../../conformance/upstream/grpc-frames.ts';
import { type Fixture, startFixture } from './pool-fixture.ts';

const call = (fixture: Fixture, path: string, headers: Record<string, string> = {}) =>
  fixture.answer({ protocol: 'h2', method: 'POST', path, headers, grpc: { message: Buffer.of(1, 2, 3) } });

test.each([
  ['/grpc.health.v1.Health/Check', [8, 1]],
  ['/envoy.service.auth.v3.Authorization/Check', []],
  ['/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit', [8, 1]],
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', []],
  ['/shop.Cart/Add', []],
])('%s is answered %j', async (path, message) => {
  await using fixture = await startFixture();
  const answer = await call(fixture, path);
  expect(answer).toMatchObject({ status: 200, grpcStatus: 0, trailers: { 'grpc-status': '0' } });
  expect([...(answer.grpcPayload ?? [99])]).toEqual(message);
  expect(fixture.pool.received()).toMatchObject([{ path, protocol: 'h2', headers: { te: 'trailers' } }]);
});

test('health is told truly, and the checker of Envoy is no traffic', async () => {
  await using fixture = await startFixture();
  fixture.pool.setHealth({ cluster: 'payments' }, 'maintenance');
  const path = '/grpc.health.v1.Health/Check';
  const checked = await call(fixture, path, { 'user-agent': 'Envoy/HC' });
  expect([...(checked.grpcPayload ?? [])]).toEqual([8, 2]);
  expect(fixture.pool.healthChecks({ cluster: 'payments' })).toBe(1);
  expect(fixture.pool.received()).toEqual([]);
  expect((await call(fixture, '/shop.Cart/Add')).grpcStatus).toBe(0);
});

test('failures and statuses come as trailers-only', async () => {
  await using fixture = await startFixture();
  fixture.pool.behave({ cluster: 'payments' }, { failFirst: 1, grpcStatus: 5 });
  expect(await call(fixture, '/shop.Cart/Add')).toMatchObject({
    status: 503,
    grpcStatus: 14,
    grpcMessage: 'told to fail',
  });
  expect(await call(fixture, '/shop.Cart/Add')).toMatchObject({ status: 200, grpcStatus: 5 });
  fixture.pool.behave({ cluster: 'payments' }, { reset: 'before-headers' });
  expect(await fixture.send({ protocol: 'h2', path: '/shop.Cart/Add', grpc: { message: Buffer.of() } })).toMatchObject({
    kind: 'failed',
    reason: 'reset',
  });
});

async function openCall(fixture: Fixture, path: string) {
  const session = connect(`http://127.0.0.1:${fixture.address().port}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const frames = new GrpcFrameReader();
  const messages: number[][] = [];
  let trailers: unknown;
  stream.on('data', (chunk: Buffer) => messages.push(...frames.push(chunk).map((message) => [...message])));
  stream.on('trailers', (headers) => {
    trailers = headers['grpc-status'];
  });
  return { session, stream, messages, trailers: () => trailers, [Symbol.dispose]: () => session.destroy() };
}

test('a watch is told of each change of health', async () => {
  await using fixture = await startFixture();
  using watch = await openCall(fixture, '/grpc.health.v1.Health/Watch');
  watch.stream.end(grpcFrame(Buffer.of()));
  await expect.poll(() => watch.messages, { timeout: 10_000 }).toEqual([[8, 1]]);
  fixture.pool.setHealth({ cluster: 'payments' }, 'maintenance');
  fixture.pool.setHealth({ cluster: 'payments' }, 'maintenance');
  fixture.pool.setHealth({ cluster: 'payments' }, 'serving');
  await expect
    .poll(() => watch.messages, { timeout: 10_000 })
    .toEqual([
      [8, 1],
      [8, 2],
      [8, 1],
    ]);
});

test('an external processor gets, for each message, the empty answer of its kind', async () => {
  await using fixture = await startFixture();
  using call = await openCall(fixture, '/envoy.service.ext_proc.v3.ExternalProcessor/Process');
  // request_headers { end_of_stream }, response_headers, request_trailers; then attributes only, which asks nothing.
  for (const message of [
    [0x12, 2, 0x18, 1],
    [0x1a, 0],
    [0x32, 0],
    [0x4a, 0],
  ])
    call.stream.write(grpcFrame(Buffer.from(message)));
  // protocol_config { request_body_mode: FULL_DUPLEX_STREAMED }, request_body { body: "hi", end_of_stream }
  call.stream.end(grpcFrame(Buffer.from([0x5a, 2, 8, 4, 0x22, 6, 0x0a, 2, 0x68, 0x69, 0x10, 1])));
  await once(call.stream, 'close');
  expect(call.messages).toEqual([
    [0x0a, 0],
    [0x12, 0],
    [0x2a, 0],
    // request_body { response { body_mutation { streamed_response { body: "hi", end_of_stream } } } }
    [0x1a, 12, 0x0a, 10, 0x1a, 8, 0x1a, 6, 0x0a, 2, 0x68, 0x69, 0x10, 1],
  ]);
  expect(call.trailers()).toBe('0');
});

test('an external processor that is sent garbage ends the call with INVALID_ARGUMENT', async () => {
  await using fixture = await startFixture();
  using call = await openCall(fixture, '/envoy.service.ext_proc.v3.ExternalProcessor/Process');
  call.stream.write(grpcFrame(Buffer.from([0x12, 0xff, 0xff, 0xff])));
  await expect.poll(() => call.trailers(), { timeout: 10_000 }).toBe('3');
});

test('a stream that never ends is swallowed', async () => {
  await using fixture = await startFixture();
  using call = await openCall(fixture, '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs');
  for (let i = 0; i < 50; i++) call.stream.write(grpcFrame(Buffer.alloc(64 * 1024, i)));
  await new Promise<void>((resolve) => call.stream.write(grpcFrame(Buffer.of()), () => resolve()));
  expect(call.messages).toEqual([]);
  expect(fixture.pool.received()[0]?.path).toContain('StreamAccessLogs');
  call.stream.end();
  await once(call.stream, 'close');
  expect(call.trailers()).toBe('0');
});

test.each(['/envoy.service.ext_proc.v3.ExternalProcessor/Process', '/grpc.health.v1.Health/Watch', '/shop.Cart/Add'])(
  'a client that goes away while it calls %s does no harm',
  async (path) => {
    await using fixture = await startFixture();
    for (let round = 0; round < 20; round += 1) {
      const { session } = await openCall(fixture, path);
      session.on('error', () => undefined);
      await once(session, 'connect');
      const calls = Array.from({ length: 20 }, () =>
        session
          .request(
            { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' },
            { endStream: round % 2 === 0 },
          )
          .on('error', () => undefined),
      );
      // The headers and the reset of a stream reach the stand-in in one read.
      for (const stream of calls) stream.close();
      setImmediate(() => session.destroy());
      await once(session, 'close');
    }
    expect(await call(fixture, '/shop.Cart/Add')).toMatchObject({ status: 200, grpcStatus: 0 });
  },
);
