import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Hosts that answer whatever they are asked, a folder of host files, and a place for what is kept. */
export async function foundHosts(count: number) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'found-hosts-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'hosts'));
  const ports = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer((_, response) => response.end('well'));
      // A host that closes a connection as a request arrives on it is no fault of what is served.
      server.keepAliveTimeout = 0;
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(() => void server.close());
      stack.defer(() => server.closeAllConnections());
      return (server.address() as AddressInfo).port;
    }),
  );
  const owned = stack.move();
  return {
    dir,
    ports,
    /** What the source of a cluster says from now on. */
    async list(cluster: string, listed: readonly number[]): Promise<void> {
      const text = JSON.stringify(listed.map((port) => ({ address: '127.0.0.1', port })));
      await writeFile(join(dir, `${cluster}.next`), text);
      await rename(join(dir, `${cluster}.next`), join(dir, 'hosts', `${cluster}.yaml`));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
