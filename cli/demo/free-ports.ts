import { createServer } from 'node:net';

/** Below the ports that the system gives to outgoing connections, so that nothing takes one between here and its use. */
const FROM = 18_000;
const TO = 30_000;

/** `count` loopback ports that were free a moment ago; looks from a place that differs from process to process. Rejects when there are not so many. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  const start = FROM + ((process.pid * 97) % (TO - FROM));
  for (let step = 0; step < TO - FROM && found.length < count; step++) {
    const port = FROM + ((start - FROM + step) % (TO - FROM));
    if (await isFree(port)) found.push(port);
  }
  if (found.length < count)
    throw new Error(`no ${count} free ports between ${FROM} and ${TO} on 127.0.0.1; end what listens there`);
  return found;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
