import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_DEPTH } from './limits.ts';

/** More than this is not worth reading twice. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Version control and editors keep their things there. Only scripts of `checks/` may read it; upwards (`..`) is one of them. */
const isPassedOver = (name: string): boolean => name.startsWith('.') || name === 'node_modules';
const inChecks = (path: string): boolean => path.startsWith('checks/');

/**
 * Content hash of every file in a mesh config directory: names, bytes, run bits, and where links lead. Equal digests: reading the config
 * says the same, places included. Undefined where bytes alone do not decide that (Jsonnet is evaluated by a program outside, links may
 * lead outside), and where there is too much or something that cannot be read: then the config has to be read to know what it says.
 */
export async function contentDigest(dir: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  let files = 0;
  let bytes = 0;
  const visit = async (folder: string, path: string, depth: number): Promise<boolean> => {
    if (depth > MAX_FOLDER_DEPTH) return false;
    for (const name of (await readdir(folder)).sort()) {
      if (isPassedOver(name) && !inChecks(path)) continue;
      const absolute = join(folder, name);
      const inside = `${path}${name}`;
      const info = await lstat(absolute);
      files += 1;
      bytes += info.size;
      if (files > MAX_FILES || info.size > MAX_FILE_BYTES || bytes > MAX_BYTES) return false;
      if (info.isDirectory()) {
        hash.update(`${JSON.stringify(inside)} folder\n`);
        if (!(await visit(absolute, `${inside}/`, depth + 1))) return false;
      } else if (info.isSymbolicLink()) {
        const target = await readlink(absolute);
        if (target.startsWith('/') || target.split('/').some(isPassedOver)) return false;
        hash.update(`${JSON.stringify(inside)} link ${JSON.stringify(target)}\n`);
      } else {
        if (!info.isFile() || /\.(?:jsonnet|libsonnet)$/.test(name)) return false;
        const content = createHash('sha256')
          .update(await readFile(absolute))
          .digest('hex');
        hash.update(`${JSON.stringify(inside)} ${(info.mode & 0o111) === 0 ? '-' : 'x'} ${content}\n`);
      }
    }
    return true;
  };
  try {
    return (await visit(dir, '', 0)) ? hash.digest('hex') : undefined;
  } catch {
    return undefined;
  }
}
