import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { keptProgram } from './kept-program.ts';

/** A Go program of this repository, built once for each state of its sources and kept in the user's cache. Minutes for a large one. */
export async function goProgram(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(dir, file)));
  const name = `${basename(dir)}-${hash.digest('hex').slice(0, 12)}`;
  return keptProgram(join(cacheDirOf(process.env), 'go'), name, async (work) => {
    const built = join(work, name);
    await execa('nice', ['go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', built, '.'], { cwd: dir });
    return built;
  });
}
