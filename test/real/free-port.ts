import { createServer } from 'node:net';

/**
 * A port that is free now, below the range that the kernel takes outgoing connections' ports from: a server that is killed and
 * started again must find it free. Where a server can be given port 0, do that.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
