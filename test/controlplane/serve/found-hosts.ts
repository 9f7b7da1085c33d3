import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostServer } from './host-server.ts';

/** Hosts that answer whatever they are asked, a folder of host files, and a place for what is kept. */
export async function foundHosts(count: number) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'found-hosts-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'hosts'));
  const ports = await Promise.all(
    Array.from({ length: count }, () => hostServer(stack, (_, response) => response.end('well'))),
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
