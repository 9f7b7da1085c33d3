import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import { KeptRegistry } from '../../../../controlplane/discovery/registry/kept-registry.ts';
import { RegistryTable } from '../../../../controlplane/discovery/registry/registry-table.ts';
import { host } from '../hosts.ts';

let dir: string;
let problems: (string | undefined)[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-kept-'));
  problems = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const onProblem = (problem: string | undefined): void => void problems.push(problem);
const register = (table: RegistryTable, address: string): string =>
  table.register({ service: 'shop', host: host(address), tags: [], ttlMs: 60_000 }).kind;
const CANNOT = expect.stringMatching(/^what is registered cannot be kept: E[A-Z]+$/);

test('all that was registered is on the disk when that is said; nothing was wrong, and nothing is well again', async () => {
  const path = join(dir, 'registry.json');
  using table = new RegistryTable({ nowEpochMs: Date.now });
  await using kept = new KeptRegistry({ path, table, onProblem });
  for (let last = 1; last <= 20; last += 1) {
    register(table, `10.0.0.${last}`);
    expect(await kept.stored()).toBe(true);
    expect(await readFile(path, 'utf8')).toContain(`"10.0.0.${last}"`);
  }
  table.deregister('shop', '10.0.0.7:80');
  expect(await kept.stored()).toBe(true);
  expect(await readFile(path, 'utf8')).not.toContain('"10.0.0.7"');
  expect(problems).toEqual([]);
});

test('what could not be kept is not said to be, and is once the disk is well, without anybody registering', async () => {
  const folder = join(dir, 'folder');
  await writeFile(folder, '');
  using table = new RegistryTable({ nowEpochMs: Date.now });
  await using kept = new KeptRegistry({ path: join(folder, 'registry.json'), table, againMs: 10, onProblem });
  for (const address of ['10.0.0.1', '10.0.0.2']) {
    expect(register(table, address)).toBe('new');
    expect(await kept.stored()).toBe(false);
  }
  expect(register(table, '10.0.0.1')).toBe('renewed');
  expect(await kept.stored()).toBe(false);
  await rm(folder);
  await pollUntil('kept', 15_000, new AbortController().signal, async () => (await kept.stored()) || undefined);
  expect(await readFile(join(folder, 'registry.json'), 'utf8')).toContain('10.0.0.2');
  expect(problems).toEqual([CANNOT, undefined]);
});
