import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes the records of clusters that nobody serves: of those that are not `used`, whose newest file no control plane has marked or written
 * since `goneBeforeEpochMs`. Marks those of `used` as being of now, for others that share the folder. Resolves with the clusters whose
 * records were removed; rejects with what the file system says.
 */
export async function sweepRampFiles(
  dir: string,
  used: ReadonlySet<string>,
  { nowEpochMs, goneBeforeEpochMs }: { readonly nowEpochMs: number; readonly goneBeforeEpochMs: number },
): Promise<readonly string[]> {
  const names = await readdir(dir).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return [];
    throw fault;
  });
  const isOld = async (file: string): Promise<boolean> => {
    const found = await stat(join(dir, file)).catch(() => undefined);
    return found !== undefined && found.mtimeMs < goneBeforeEpochMs;
  };
  // What a process left that was killed while it wrote.
  for (const file of names)
    if (/^\..*\.tmp$/.test(file) && (await isOld(file))) await rm(join(dir, file), { force: true });
  const removed: string[] = [];
  for (const [cluster, files] of Map.groupBy(recordsAmong(names), (record) => record.cluster)) {
    const byVersion = files.toSorted((a, b) => a.version - b.version).map(({ file }) => file);
    const newest = byVersion.at(-1);
    if (newest === undefined) continue;
    const at = nowEpochMs / 1_000;
    // One that is gone meanwhile was replaced by a newer one, which is of now.
    if (used.has(cluster)) await utimes(join(dir, newest), at, at).catch(() => {});
    else if (await isOld(newest)) {
      // The newest last: nobody is to take an older one for it.
      for (const file of byVersion) await rm(join(dir, file), { force: true });
      removed.push(cluster);
    }
  }
  return removed;
}

type RecordFile = { readonly file: string; readonly cluster: string; readonly version: number };

/** As `fileMemory` names them; what else is in the folder is not ours. */
const recordsAmong = (names: readonly string[]): readonly RecordFile[] =>
  names.flatMap((file) => {
    const [, encoded, version] = /^(.+)@(\d+)\.json$/.exec(file) ?? [];
    const cluster = encoded === undefined ? undefined : decoded(encoded);
    return cluster === undefined ? [] : [{ file, cluster, version: Number(version) }];
  });

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
