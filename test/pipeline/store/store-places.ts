import { join } from 'node:path';
import { layCluster } from '../../real/pglite-cluster.ts';
import type { Postgresql } from '../../real/postgresql.ts';
import type { StorePlace } from './store-contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Below a directory of its own, with an empty cluster; `fresh`: without one, as before the first start. */
export async function pglitePlace({ fresh = false } = {}): Promise<StorePlace> {
  const directory = await temporaryDirectory();
  if (!fresh) await layCluster(join(directory.path, 'store'));
  return {
    location: { kind: 'pglite', dataDir: join(directory.path, 'store') },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

let databases = 0;
/** A database of its own in a server that is shared. */
export async function postgresqlPlace(server: Postgresql): Promise<StorePlace> {
  const url = await server.database(`store_${++databases}`);
  return { location: { kind: 'postgresql', url }, [Symbol.asyncDispose]: async () => {} };
}
