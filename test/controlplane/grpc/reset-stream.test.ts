import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { methodsOf } from '../../../controlplane/grpc/grpc-js-service.ts';
import { startGrpcServer } from '../../../controlplane/grpc/grpc-server.ts';

// Envoy resets what it gives up with NO_ERROR, which leaves a stream closed and not gone: what it said before is read on.

const frame = (type: number, flags: number, stream: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(9);
  header.writeUIntBE(body.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, body]);
};
const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
/** Literal fields, none of them indexed. */
const fields = (values: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(Object.entries(values).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
const message = (body: string): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(body.length, 1);
  return frame(0, 0, 1, Buffer.concat([header, Buffer.from(body)]));
};
const HELLO = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0, Buffer.alloc(0))]);
const CALL = frame(
  1,
  4,
  1,
  fields({
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': 'x',
    ':path': '/log/Say',
    'content-type': 'application/grpc',
  }),
);
const PING = frame(6, 0, 0, Buffer.alloc(8));
const PONG = frame(6, 1, 0, Buffer.alloc(8));
const RESET = frame(3, 0, 1, Buffer.alloc(4));

test('a call that is reset while a part of it is not read yet, and wrong, ends by itself', async () => {
  const calls: (Duplex & { readonly cancelled: boolean })[] = [];
  const pass = (bytes: Buffer): Buffer => bytes;
  const say: grpc.MethodDefinition<Buffer, Buffer> = {
    path: '/log/Say',
    requestStream: true,
    responseStream: false,
    requestSerialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
    requestDeserialize(bytes) {
      if (bytes.toString() === 'wrong') throw new Error('wrong');
      return bytes;
    },
  };
  const handlers = { Say: (call: Duplex & { readonly cancelled: boolean }) => void calls.push(call) };
  const service = { definition: { Say: say }, handlers: handlers as unknown as grpc.UntypedServiceImplementation };
  await using server = await startGrpcServer({
    host: '127.0.0.1',
    port: 0,
    methods: new Map(methodsOf(service, 1_000)),
  });
  const socket = connect(server.port, '127.0.0.1');
  let heard = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
  });
  // More than is read before somebody wants it.
  socket.write(Buffer.concat([HELLO, CALL, ...Array.from({ length: 40 }, () => message('a'))]));
  await expect.poll(() => calls[0]?.readableLength).toBe(16);
  socket.write(Buffer.concat([message('wrong'), RESET, PING]));
  await expect.poll(() => heard.includes(PONG)).toBe(true);
  const taken: unknown[] = [];
  const [call] = calls;
  const over = call && once(call, 'cancelled');
  call?.on('data', (one) => taken.push(one));
  await over;
  expect(taken).toHaveLength(40);
  socket.destroy();
});
