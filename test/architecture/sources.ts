import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
/** A file may import its own room, or one to its left. */
export const ROOMS = ['render', 'controlplane', 'conformance', 'pipeline', 'bot', 'board', 'cli'];

export const filesOf = (folders: readonly string[]): string[] =>
  globSync(`{${folders.join(',')}}/**/*.{ts,tsx}`, { cwd: ROOT })
    .filter((file) => !file.startsWith('board/dist/'))
    .toSorted();
export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Static, dynamic and re-exporting imports, of types as well; relative ones only, as they are written. */
export const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]/g)].map(([, path = '']) => path);

/** What `path` means in `file`: from the root of the project. */
export const targetOf = (file: string, path: string): string => relative(ROOT, resolve(ROOT, dirname(file), path));
