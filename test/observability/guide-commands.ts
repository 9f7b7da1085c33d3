import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The shell commands of a section of a page, as they stand there, one for each block. Throws when there is no such section. */
export async function guideCommands(page: string, heading: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${page} has no section ${heading}`);
  return [...section.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, command = '']) => command);
}
