import { join } from 'node:path';
import type { Postgresql } from '../../real/postgresql.ts';
import type { StorePlace } from './store-contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export async function pglitePlace(): Promise<StorePlace> {
  const directory = await temporaryDirectory();
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
