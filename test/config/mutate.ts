import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import type { Mutation } from './mutations.ts';

export const SAMPLE_DIR = path.join(import.meta.dirname, '../../config');

/** Copies the sample mesh to `dir` with one feature taken out. Rejects where the mutation's path is not there. */
export async function mutatedSample(dir: string, { file, path: steps, set }: Mutation): Promise<void> {
  await cp(SAMPLE_DIR, dir, { recursive: true });
  const target = path.join(dir, file);
  const document = parseDocument(await readFile(target, 'utf8'));
  if (!document.hasIn(steps)) throw new Error(`${file} has nothing at ${steps.join('.')}`);
  if (set === undefined) document.deleteIn(steps);
  else document.setIn(steps, document.createNode(set));
  await writeFile(target, document.toString({ lineWidth: 0 }));
}
