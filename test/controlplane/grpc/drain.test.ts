import { once } from 'node:events';
import http2 from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { type CallHandler, startGrpcServer } from '../../../controlplane/grpc/grpc-server.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const NOTHING = (): void => undefined;
/** Answers one message, and stays open. */
const stay: CallHandler = (call) => {
  call.listen(1_000, { onMessage: NOTHING, onHalfClose: NOTHING, onDrain: NOTHING, onClosed: NOTHING });
  call.write(Buffer.alloc(5), Buffer.alloc(0));
};

test('connections are asked to make way, and their calls ended, each at a time of its own', async () => {
  await using server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods: new Map([['/stay', stay]]) });
  const happened: string[] = [];
  const connect = async (name: string) => {
    const session = http2.connect(`http://127.0.0.1:${server.port}`);
    session.once('goaway', () => happened.push(`${name} is asked`));
    const stream = session.request({ ':method': 'POST', ':path': '/stay', 'content-type': 'application/grpc' });
    stream.on('trailers', (trailers) => happened.push(`${name} ends with ${trailers['grpc-status']}`));
    await once(stream, 'data');
    return session;
  };
  const sessions = [await connect('first'), await connect('second')];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(Math, 'random').mockReturnValueOnce(0.1).mockReturnValueOnce(0.9);
  /** What has happened once all has arrived that was sent. */
  const after = async (ms: number): Promise<readonly string[]> => {
    vi.advanceTimersByTime(ms);
    for (let turns = 0; turns < 6; turns += 1) await turn();
    for (const session of sessions)
      if (!session.destroyed) await new Promise<void>((resolve) => void session.ping(() => resolve()));
    return happened.splice(0);
  };
  expect(server.drain(10_000)).toBe(2);
  expect(await after(0)).toEqual([]);
  expect(await after(1_000)).toEqual(['first is asked']);
  expect(await after(4_000)).toEqual(['second is asked']);
  expect(await after(1_000)).toEqual(['first ends with 14']);
  expect(await after(3_000)).toEqual([]);
  expect(await after(1_000)).toEqual(['second ends with 14']);
  for (const session of sessions) session.destroy();
});
