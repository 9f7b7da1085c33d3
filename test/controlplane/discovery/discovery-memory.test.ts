import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { type DiscoveryMemory, openDiscoveryMemory } from '../../../controlplane/discovery/discovery-memory.ts';
import { discoveryOf, fileSourceAt, host, hostsUpTo } from './hosts.ts';

let dir: string;
let path: string;
let now: number;
let problems: (string | undefined)[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-memory-'));
  path = join(dir, 'discovery.json');
  now = 1_000_000;
  problems = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = (markEveryMs = 60_000): Promise<DiscoveryMemory> =>
  openDiscoveryMemory({ path, nowEpochMs: () => now, markEveryMs, onProblem: (problem) => problems.push(problem) });
const eventually = (what: string, probe: () => Promise<boolean>): Promise<true> =>
  pollUntil(what, 15_000, new AbortController().signal, async () => ((await probe()) ? true : undefined));
const written = (): Promise<string> => readFile(path, 'utf8').catch(() => '');

const locality = { region: 'eu', zone: 'a', subZone: '' };
const full = host('fd00::1', {
  locality,
  hostname: 'one',
  weight: 7,
  health: 'maintenance',
  priority: 2,
  metadata: { a: [1, null, { b: 'x' }] },
});
const discovery = discoveryOf([fileSourceAt(0), fileSourceAt(1)]);

test('what was believed is there after a kill, with when it was last known to be so', async () => {
  const first = await open(10);
  expect(first.remembered(discovery)).toEqual([undefined, undefined]);
  first.remember(discovery, [{ hosts: [full] }, undefined]);
  await eventually('a file', async () => (await written()).includes('fd00::1'));
  now += 5_000;
  await eventually('a later mark', async () => (await written()).includes('"sinceEpochMs":1005000'));
  // Nothing is closed in order: this is what `kill -9` leaves.
  const left = await written();
  await first[Symbol.asyncDispose]();
  await writeFile(path, left);
  now += 60_000;
  await using second = await open();
  const known = { hosts: [full], sinceEpochMs: 1_005_000 };
  expect(second.remembered(discovery)).toEqual([known, undefined]);
  // The same question at another priority, and for hosts elsewhere, has the same answer.
  const other = discoveryOf([{ ...fileSourceAt(0), priority: 3, locality }]);
  expect(second.remembered(other)).toEqual([known]);
  expect((await stat(path)).mode & 0o077).toBe(0);
  expect(problems).toEqual([]);
});

test('a rule that changes goes on from what was heard in this life, as of now', async () => {
  await using memory = await open();
  memory.remember(discovery, [{ hosts: hostsUpTo(3) }, undefined]);
  now += 500;
  const other = discoveryOf([fileSourceAt(9), { ...fileSourceAt(0), priority: 4 }]);
  expect(memory.remembered(other)).toEqual([undefined, { hosts: hostsUpTo(3), sinceEpochMs: 1_000_500 }]);
});

test('a source that fails is as old as its failing, over as many restarts as there are', async () => {
  const failing = { hosts: hostsUpTo(1), failingSinceEpochMs: 900_000 };
  for (let restart = 0; restart < 3; restart += 1) {
    await using memory = await open();
    if (restart === 0) memory.remember(discovery, [failing, undefined]);
    now += 60_000;
    expect(memory.remembered(discovery)[0]).toEqual({ hosts: hostsUpTo(1), sinceEpochMs: 900_000 });
  }
});

test('what is too old, and what nobody asks any more, is forgotten', async () => {
  const memory = await open();
  memory.remember(discovery, [{ hosts: hostsUpTo(1) }, { hosts: hostsUpTo(2) }]);
  memory.remember(discovery, [undefined, { hosts: hostsUpTo(2) }]);
  memory.remember(discoveryOf([fileSourceAt(7)]), [{ hosts: hostsUpTo(3) }]);
  memory.keepOnly([discovery], true);
  await memory[Symbol.asyncDispose]();
  await using again = await open();
  expect(again.remembered(discovery).map((known) => known?.hosts.length)).toEqual([undefined, 2]);
  expect(again.remembered(discoveryOf([fileSourceAt(7)]))).toEqual([undefined]);
});

test('what is only not asked for a while is kept as of then', async () => {
  const memory = await open();
  memory.remember(discovery, [{ hosts: hostsUpTo(1) }, undefined]);
  memory.keepOnly([], false);
  now += 60_000;
  await memory[Symbol.asyncDispose]();
  now += 60_000;
  await using again = await open();
  expect(again.remembered(discovery)[0]).toEqual({ hosts: hostsUpTo(1), sinceEpochMs: 1_000_000 });
});

test.each([
  ['{', 'it is no JSON'],
  ['{"format":2}', 'it is of another format'],
  ['{"format":1,"answers":{"x":{"sinceEpochMs":1,"hosts":[{"address":"x"}]}}}', 'it is of another format'],
])('%s is told, and written anew', async (text, problem) => {
  await writeFile(path, text);
  const memory = await open();
  expect(problems).toEqual([`${path}: ${problem}`]);
  memory.remember(discovery, [{ hosts: hostsUpTo(1) }, undefined]);
  await memory[Symbol.asyncDispose]();
  await using again = await open();
  expect(again.remembered(discovery)[0]?.hosts).toEqual(hostsUpTo(1));
});

test('where nothing can be written that is said once it happens, and when it is over', async () => {
  await writeFile(join(dir, 'file'), '');
  path = join(dir, 'file', 'discovery.json');
  const memory = await open(10);
  memory.remember(discovery, [{ hosts: hostsUpTo(1) }, undefined]);
  await eventually('a problem', async () => problems.some((problem) => problem?.includes('cannot be kept')));
  await rm(join(dir, 'file'));
  await eventually('no problem', async () => problems.at(-1) === undefined);
  await memory[Symbol.asyncDispose]();
  expect(await written()).toContain('10.0.0.1');
});

test('hosts that change all the time are written now and then, the last of them too', async () => {
  await using memory = await open();
  let writes = 0;
  let before: bigint | undefined;
  const from = performance.now();
  for (let count = 1; count <= 200; count += 1) {
    memory.remember(discovery, [{ hosts: hostsUpTo(count) }, undefined]);
    const { ino } = await stat(path, { bigint: true }).catch(() => ({ ino: undefined }));
    if (ino !== before) writes += 1;
    before = ino;
  }
  // One at the beginning, and one a second.
  expect(writes).toBeLessThanOrEqual(2 + (performance.now() - from) / 900);
  await eventually('the last of them', async () => (await written()).includes('"10.0.0.200"'));
});
