import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import { sweepRampFiles } from '../../../controlplane/ramp/sweep-ramp-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ramp-sweep-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const NOW = 2_000_000_000_000;
const HOUR = 3_600_000;
const sweep = (used: readonly string[], goneBeforeEpochMs = NOW - HOUR) =>
  sweepRampFiles(dir, new Set(used), { nowEpochMs: NOW, goneBeforeEpochMs });
async function keep(cluster: string, ageMs: number): Promise<void> {
  const memory = fileMemory(dir, cluster);
  for (const version of [1, 2]) await memory.replace({ version, order: { kind: 'none' }, admitted: [] }, version - 1);
  for (const file of (await readdir(dir)).filter((name) => name.startsWith(`${encodeURIComponent(cluster)}@`)))
    await utimes(join(dir, file), (NOW - ageMs) / 1_000, (NOW - ageMs) / 1_000);
}

test('what nobody has used for long is removed, whole; what is used is marked, and all else stays', async () => {
  await keep('app-a/b: odd', 2 * HOUR);
  await keep('app-used', 2 * HOUR);
  await keep('app-young', HOUR / 2);
  await writeFile(join(dir, '.app.1.2.tmp'), '{');
  await utimes(join(dir, '.app.1.2.tmp'), 1, 1);
  await writeFile(join(dir, 'notes.txt'), 'of a person');
  await utimes(join(dir, 'notes.txt'), 1, 1);
  expect(await sweep(['app-used'])).toEqual(['app-a/b: odd']);
  expect((await readdir(dir)).toSorted()).toEqual([
    'app-used@1.json',
    'app-used@2.json',
    'app-young@1.json',
    'app-young@2.json',
    'notes.txt',
  ]);
  expect((await stat(join(dir, 'app-used@2.json'))).mtimeMs).toBe(NOW);
  // Another control plane of the folder does not use it, and sees that somebody does.
  expect(await sweep([])).toEqual([]);
});

test('where nothing may be removed yet nothing is, and a folder that is not there is empty', async () => {
  await keep('app', 2 * HOUR);
  expect(await sweep([], 0)).toEqual([]);
  expect(await readdir(dir)).toHaveLength(2);
  await rm(dir, { recursive: true });
  expect(await sweep(['app'])).toEqual([]);
});
