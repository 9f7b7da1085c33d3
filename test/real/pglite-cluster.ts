import { cpSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

const PACKAGE = resolve(import.meta.dirname, '../../package.json');

/**
 * Puts an empty cluster where the embedded store of `dataDir` keeps its own: just what a store makes in a fresh directory, without the
 * seconds of CPU that PostgreSQL's `initdb` takes. Tables are left to whoever opens the store.
 */
export async function layCluster(dataDir: string): Promise<void> {
  const cluster = await madeOnce(join(cacheDirOf(process.env), 'servers'));
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // A thousand small files: one call for each of several promises takes three times the CPU.
  cpSync(cluster, join(dataDir, 'pgdata'), { recursive: true });
}

/** One for each version of PGlite. */
async function madeOnce(cacheDir: string): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { dependencies: Record<string, string> };
  const cluster = join(cacheDir, `pglite-${dependencies['@electric-sql/pglite']}`);
  if (await stat(cluster).catch(() => undefined)) return cluster;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.pglite-'));
  try {
    await (await PGlite.create(join(work, 'pgdata'))).close();
    // whole or not at all; another process that was faster is as good
    await rename(join(work, 'pgdata'), cluster).catch(async (error) => {
      if (!(await stat(cluster).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return cluster;
}
