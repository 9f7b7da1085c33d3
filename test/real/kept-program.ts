import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * What takes long to build or to fetch, made once and kept as `name` in `cacheDir`, whole or not at all. `make` gets an empty folder
 * and resolves with the path of what it made there. Resolves with the path of what is kept; another process that was faster is as good.
 */
export async function keptProgram(
  cacheDir: string,
  name: string,
  make: (work: string) => Promise<string>,
): Promise<string> {
  const kept = join(cacheDir, name);
  if (existsSync(kept)) return kept;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, `.${name}-`));
  try {
    await rename(await make(work), kept).catch((error: unknown) => {
      if (!existsSync(kept)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return kept;
}

/** Why a program that Go builds cannot be had here; undefined where it is kept in `cacheDir`, or can be built. */
export async function goBuildMissing(cacheDir: string, name: string): Promise<string | undefined> {
  if (existsSync(join(cacheDir, name))) return undefined;
  const { exitCode } = await execa('go', ['version'], { reject: false });
  return exitCode === 0 ? undefined : `no go: ${name} cannot be built`;
}
