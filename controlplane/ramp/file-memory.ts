import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keptRamp } from './kept-ramp.ts';
import type { RampMemory } from './ramp-memory.ts';

/** Older versions that stay, so that whoever is late still finds that it is. */
const KEPT_VERSIONS = 3;

/**
 * Keeps the ramp of `cluster` in files of `dir`, one for each version, on a disk that the replicas of one machine share. A version is
 * made by linking a whole file to its name, which the file system lets one process do. A file that cannot be read as a ramp rejects.
 */
export function fileMemory(dir: string, cluster: string): RampMemory {
  const name = encodeURIComponent(cluster);
  const path = (version: number): string => join(dir, `${name}@${version}.json`);
  const versions = async (): Promise<readonly number[]> => {
    const files = await readdir(dir).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code === 'ENOENT') return [];
      throw fault;
    });
    return files
      .filter((file) => file.startsWith(`${name}@`) && file.endsWith('.json'))
      .map((file) => Number(file.slice(name.length + 1, -'.json'.length)))
      .filter((version) => Number.isInteger(version))
      .sort((a, b) => b - a);
  };
  return {
    async read() {
      const [newest] = await versions();
      if (newest === undefined) return undefined;
      return keptRamp(await readFile(path(newest), 'utf8'), path(newest));
    },
    async replace(next, expectedVersion) {
      await mkdir(dir, { recursive: true });
      const known = await versions();
      if ((known[0] ?? 0) !== expectedVersion) return false;
      const temporary = join(dir, `.${name}.${process.pid}.${next.version}.tmp`);
      const file = await open(temporary, 'w', 0o644);
      try {
        await file.writeFile(JSON.stringify(next));
        await file.sync();
      } finally {
        await file.close();
      }
      if (next.version === expectedVersion) {
        await rename(temporary, path(next.version));
        return true;
      }
      try {
        await link(temporary, path(next.version));
      } catch (fault) {
        if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw fault;
      } finally {
        await rm(temporary, { force: true });
      }
      for (const old of known.slice(KEPT_VERSIONS - 1)) await rm(path(old), { force: true });
      return true;
    },
  };
}
