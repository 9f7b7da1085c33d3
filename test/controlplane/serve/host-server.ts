import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts a host of a cluster, which ends with `stack`; resolves with its port. */
export async function hostServer(stack: AsyncDisposableStack, answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  // A host that closes a connection as a request arrives on it is no fault of what is served.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  stack.defer(() => server.closeAllConnections());
  return (server.address() as AddressInfo).port;
}
