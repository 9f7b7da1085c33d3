import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keptRamp } from './kept-ramp.ts';
import { isOrdered, type RampMemory } from './ramp-memory.ts';
import type { KeptRamp } from './ramp-state.ts';

/** Older versions that stay, so that whoever is late still finds that it is. */
const KEPT_VERSIONS = 3;

/** The versions of every record of a folder, newest first, by what `recordName` makes of the cluster. */
export type RampRecords = ReadonlyMap<string, readonly number[]>;

export const recordName = (cluster: string): string => encodeURIComponent(cluster);
export const recordFile = (cluster: string, version: number): string => `${recordName(cluster)}@${version}.json`;

/** A folder that is not there has none. */
export async function recordsIn(dir: string): Promise<RampRecords> {
  const files = await readdir(dir).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return [];
    throw fault;
  });
  const records = new Map<string, number[]>();
  for (const file of files) {
    const [, name, version] = /^(.+)@(\d+)\.json$/.exec(file) ?? [];
    if (name === undefined) continue;
    const versions = records.get(name);
    if (versions) versions.push(Number(version));
    else records.set(name, [Number(version)]);
  }
  for (const versions of records.values()) versions.sort((a, b) => b - a);
  return records;
}

/**
 * Keeps the ramp of `cluster` in files of `dir`, one for each version, on a disk that the replicas of one machine share. A version is
 * made by linking a whole file to its name, which the file system lets one process do. A file that cannot be read as a ramp rejects.
 * `list` gives `recordsIn` as of its call or later.
 */
export function fileMemory(
  dir: string,
  cluster: string,
  list = (): Promise<RampRecords> => recordsIn(dir),
): RampMemory {
  const name = recordName(cluster);
  const path = (version: number): string => join(dir, recordFile(cluster, version));
  const versions = async (): Promise<readonly number[]> => (await list()).get(name) ?? [];
  const newestOf = async ([newest]: readonly number[]): Promise<KeptRamp | undefined> =>
    newest === undefined ? undefined : keptRamp(await readFile(path(newest), 'utf8'), path(newest));
  return {
    read: async () => newestOf(await versions()),
    async replace(next, expectedVersion, expectedOrder) {
      await mkdir(dir, { recursive: true });
      const known = await versions();
      if ((known[0] ?? 0) !== expectedVersion || !isOrdered(await newestOf(known), expectedOrder)) return false;
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
