import { once } from 'node:events';
import http2 from 'node:http2';
import { expect, test } from 'vitest';
import { type CallHandler, startGrpcServer } from '../../../controlplane/grpc/grpc-server.ts';

const NOTHING = (): void => undefined;
const MESSAGES = 12;

test('one call with many messages that take their time does not keep others waiting, and loses none of them', async () => {
  const read: string[] = [];
  const methods = new Map<string, CallHandler>(
    ['slow', 'quick'].map((name) => [
      `/${name}`,
      (call) =>
        call.listen(1_000, {
          onMessage(message) {
            const until = performance.now() + (name === 'slow' ? 25 : 0);
            while (performance.now() < until);
            read.push(`${name} ${message}`);
          },
          onHalfClose() {
            read.push(`${name} is over`);
            call.end(0);
          },
          onDrain: NOTHING,
          onClosed: NOTHING,
        }),
    ]),
  );
  await using server = await startGrpcServer({ host: '127.0.0.1', port: 0, methods });
  const connect = async (name: string) => {
    const session = http2.connect(`http://127.0.0.1:${server.port}`);
    await new Promise<void>((resolve) => void session.ping(() => resolve()));
    const stream = session.request({ ':method': 'POST', ':path': `/${name}`, 'content-type': 'application/grpc' });
    await new Promise<void>((resolve) => void session.ping(() => resolve()));
    return { session, stream };
  };
  const message = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);
  const [slow, quick] = [await connect('slow'), await connect('quick')];
  const all = Array.from({ length: MESSAGES }, (_, at) => String(at));
  slow.stream.end(Buffer.concat(all.map(message)));
  quick.stream.end(message('0'));
  await Promise.all([once(slow.stream, 'response'), once(quick.stream, 'response')]);
  expect(read.filter((one) => one.startsWith('slow'))).toEqual([...all.map((at) => `slow ${at}`), 'slow is over']);
  expect(read.indexOf('quick 0')).toBeLessThan(read.indexOf(`slow ${MESSAGES - 1}`));
  for (const { session } of [slow, quick]) session.destroy();
});
