import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { contentDigest } from '../../../render/load/content-digest.ts';

const made: string[] = [];
let dir: string;
const config = async (): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'content-digest-'));
  made.push(root);
  await mkdir(join(root, 'checks'));
  await writeFile(join(root, 'clusters.yaml'), 'name: a\n');
  await writeFile(join(root, 'checks/c.sh'), '#!/bin/sh\n');
  return root;
};
beforeEach(async () => {
  dir = await config();
});
afterAll(() => Promise.all(made.map((root) => rm(root, { recursive: true }))));

test('the same files have the same digest wherever they are', async () => {
  expect(await contentDigest(dir)).toMatch(/^[0-9a-f]{64}$/);
  expect(await contentDigest(await config())).toBe(await contentDigest(dir));
});

test.each<[string, () => Promise<unknown>]>([
  ['a byte', () => writeFile(join(dir, 'clusters.yaml'), 'name: b\n')],
  ['a line that moves', () => writeFile(join(dir, 'clusters.yaml'), '\nname: a\n')],
  ['a new file', () => writeFile(join(dir, 'routes.yaml'), '')],
  ['a run bit', () => chmod(join(dir, 'checks/c.sh'), 0o755)],
  ['a hidden file that a script may read', () => writeFile(join(dir, 'checks/.data'), '')],
  ['a link', () => symlink('clusters.yaml', join(dir, 'more.yaml'))],
])('%s changes it', async (_what, change) => {
  const before = await contentDigest(dir);
  await change();
  const after = await contentDigest(dir);
  expect(after).toBeDefined();
  expect(after).not.toBe(before);
});

test('what version control keeps does not', async () => {
  const before = await contentDigest(dir);
  await mkdir(join(dir, '.git'));
  await writeFile(join(dir, '.git/index'), 'x');
  expect(await contentDigest(dir)).toBe(before);
});

test.each<[string, () => Promise<unknown>]>([
  ['Jsonnet, whose evaluator is outside', () => writeFile(join(dir, 'routes.jsonnet'), '{}')],
  ['a link that leads out', () => symlink('../x.yaml', join(dir, 'routes.yaml'))],
  ['a link to what is passed over', () => symlink('.hidden/x.yaml', join(dir, 'routes.yaml'))],
  ['a directory that is not there', () => rm(dir, { recursive: true }).then(() => made.splice(made.indexOf(dir), 1))],
])('%s has none', async (_what, change) => {
  await change();
  expect(await contentDigest(dir)).toBeUndefined();
});
