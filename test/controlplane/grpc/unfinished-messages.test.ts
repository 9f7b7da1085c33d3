import { once } from 'node:events';
import http2 from 'node:http2';
import { expect, test } from 'vitest';
import { type CallHandler, startGrpcServer } from '../../../controlplane/grpc/grpc-server.ts';

const NOTHING = (): void => undefined;

test('peers that begin messages and finish none fill no memory: the call that holds most ends, the others go on', async () => {
  const taken: number[] = [];
  const read: CallHandler = (call) =>
    call.listen(2_000, {
      onMessage: ({ length }) => void taken.push(length),
      onHalfClose: () => call.end(0),
      onDrain: NOTHING,
      onClosed: NOTHING,
    });
  const methods = new Map([['/read', read]]);
  await using server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods, maxUnfinishedBytes: 3_000 });
  const session = http2.connect(`http://127.0.0.1:${server.port}`);
  /** One that says `size` bytes of a message of 2,000, its header among them. */
  const begin = async (size: number) => {
    const stream = session.request({ ':method': 'POST', ':path': '/read', 'content-type': 'application/grpc' });
    const bytes = Buffer.alloc(2_005);
    bytes.writeUInt32BE(2_000, 1);
    stream.write(bytes.subarray(0, size));
    const ended = once(stream, 'response').then(([headers]) => headers['grpc-status'] as string);
    await new Promise<void>((resolve) => void session.ping(() => resolve()));
    return { ended, finish: () => stream.end(bytes.subarray(size)) };
  };
  const calls = [await begin(1_000), await begin(1_500), await begin(400)];
  const last = await begin(1_200);
  expect(await calls[1]?.ended).toBe('8');
  for (const call of [calls[0], calls[2], last]) {
    call?.finish();
    expect(await call?.ended).toBe('0');
  }
  expect(taken).toEqual([2_000, 2_000, 2_000]);
  // What was let go, and what was read, counts no more.
  const [again, another] = [await begin(1_500), await begin(1_400)];
  for (const call of [again, another]) {
    call.finish();
    expect(await call.ended).toBe('0');
  }
  session.destroy();
});
