import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ConfigOnDisk extends AsyncDisposable {
  readonly dir: string;
}

/** A mesh config of the given files in a directory of its own, gone when it is disposed. */
export async function configOnDisk(files: Readonly<Record<string, string | Uint8Array>>): Promise<ConfigOnDisk> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'meshgate-test-')));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
