import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Copies a checkout as git sees it, and nothing that lies about in it: what is tracked or could be, and `wants` by its path. */
export async function copyTracked(from: string, to: string, wants: (path: string) => boolean): Promise<void> {
  const list = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: from });
  for (const file of list.stdout.split('\0').filter((name) => name !== '' && wants(name))) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(from, file), join(to, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // deleted, but not yet in the index
    });
  }
}
