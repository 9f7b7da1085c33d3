import { resolve } from 'node:path';
import type { StoreLocation } from '../pipeline/store/store-location.ts';
import type { OpenTargetOptions } from '../pipeline/targets/open-target.ts';
import type { CommandContext } from './command-context.ts';

type Where = Pick<CommandContext, 'env' | 'cwd'>;

/** Where Meshgate keeps what is its own: `--data`, else `MESHGATE_DATA_DIR`, else `.meshgate` here. Absolute. */
export const dataDirOf = (data: string | undefined, { env, cwd }: Where): string =>
  resolve(cwd, data ?? (env.MESHGATE_DATA_DIR || '.meshgate'));

/** PostgreSQL at `DATABASE_URL`; without that, the embedded store in the data directory. */
export const storeLocationOf = (data: string | undefined, where: Where): StoreLocation => {
  const url = where.env.DATABASE_URL;
  return url ? { kind: 'postgresql', url } : { kind: 'pglite', dataDir: resolve(dataDirOf(data, where), 'store') };
};

/** Relative paths of targets are relative to the data directory; secrets come from the environment alone. */
export const targetOptionsOf = (data: string | undefined, where: Where): OpenTargetOptions => {
  const { MESHGATE_GIT_TOKEN, MESHGATE_CENTRAL_DOGMA_TOKEN } = where.env;
  return {
    baseDir: resolve(dataDirOf(data, where), 'targets'),
    scratchDir: resolve(dataDirOf(data, where), 'scratch'),
    secrets: {
      gitToken: MESHGATE_GIT_TOKEN || undefined,
      centralDogmaToken: MESHGATE_CENTRAL_DOGMA_TOKEN || undefined,
    },
  };
};
