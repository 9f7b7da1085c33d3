import { createHash } from 'node:crypto';
import { cpSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { openStore } from '../../pipeline/store/open-store.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SERVERS = join(cacheDirOf(process.env), 'servers');
/** What the tables of a store follow from: its sources, and the packages that make tables of their own. */
const MAKERS = ['pipeline/store/*.ts', 'pipeline/store/migrations/*.ts', 'pipeline/store/jobs/*.ts'];
const PACKAGES = ['@electric-sql/pglite', 'kysely', 'pg-boss'];

/**
 * Puts an empty cluster where the embedded store of `dataDir` keeps its own: just what a store makes in a fresh directory, without the
 * seconds of CPU that PostgreSQL's `initdb` takes. Tables are left to whoever opens the store.
 */
export async function layCluster(dataDir: string): Promise<void> {
  const cluster = await madeOnce(`pglite-${(await versions()).at(0)}`, async (work) => {
    await (await PGlite.create(work)).close();
  });
  await lay(cluster, dataDir);
}

/** The same with the tables of this Meshgate in it, as somebody left it who opened it once: for tests of what is done with a store. */
export async function layStore(dataDir: string): Promise<void> {
  const makers = globSync(MAKERS, { cwd: ROOT }).toSorted();
  const hash = createHash('sha256').update(JSON.stringify(await versions()));
  for (const maker of makers) hash.update(`\0${maker}\0`).update(await readFile(join(ROOT, maker)));
  const cluster = await madeOnce(`pglite-store-${hash.digest('hex').slice(0, 16)}`, async (work) => {
    const once = `${work}.store`;
    await layCluster(once);
    const store = await openStore(
      { kind: 'pglite', dataDir: once },
      { clock: { nowEpochMs: () => Date.now() }, toolVersion: 'test' },
    );
    await store[Symbol.asyncDispose]();
    await rename(join(once, 'pgdata'), work);
  });
  await lay(cluster, dataDir);
}

async function lay(cluster: string, dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // A thousand small files: one call for each of several promises takes three times the CPU.
  cpSync(cluster, join(dataDir, 'pgdata'), { recursive: true });
}

async function versions(): Promise<readonly (string | undefined)[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { readonly version?: string }>;
  };
  return PACKAGES.map((name) => packages[`node_modules/${name}`]?.version);
}

/** One of that name, for all runs of this user. */
async function madeOnce(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const cluster = join(SERVERS, name);
  if (await stat(cluster).catch(() => undefined)) return cluster;
  await mkdir(SERVERS, { recursive: true });
  const work = await mkdtemp(join(SERVERS, '.pglite-'));
  try {
    await make(join(work, 'pgdata'));
    // whole or not at all; another process that was faster is as good
    await rename(join(work, 'pgdata'), cluster).catch(async (error) => {
      if (!(await stat(cluster).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return cluster;
}
