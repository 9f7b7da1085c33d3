import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

/** A Go program of this repository, built once for each state of its sources and kept in the user's cache. Minutes for a large one. */
export async function goProgram(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(dir, file)));
  const cache = join(cacheDirOf(process.env), 'go');
  const program = join(cache, `${basename(dir)}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  await mkdir(cache, { recursive: true });
  const draft = `${program}.${randomUUID()}`;
  await execa('nice', ['go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', draft, '.'], { cwd: dir });
  await rename(draft, program);
  return program;
}
