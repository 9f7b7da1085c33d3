import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import { RampFolder } from '../../../controlplane/ramp/ramp-folder.ts';
import { forgetfulMemory, type RampMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import type { RampOrder } from '../../../controlplane/ramp/ramp-state.ts';
import { settled } from './manual-clock.ts';
import { hosts, probedRamps, sizeOf, wanted } from './probed-ramps.ts';

let { clock, sick, open } = probedRamps();
let dir: string;
beforeEach(async () => {
  ({ clock, sick, open } = probedRamps());
  dir = await mkdtemp(join(tmpdir(), 'ramp-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const busy = new Set<Promise<unknown>>();
const filed = (cluster: string, memory = fileMemory(dir, cluster)): RampMemory => {
  const tracked = <T>(work: Promise<T>): Promise<T> => {
    busy.add(work);
    const done = () => void busy.delete(work);
    work.then(done, done);
    return work;
  };
  return {
    ...memory,
    read: () => tracked(memory.read()),
    replace: (...args) => tracked(memory.replace(...args)),
  };
};
/** Time goes on, and files take none of it. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 250) {
    await clock.advance(Math.min(250, left));
    while (busy.size > 0) {
      await Promise.allSettled(busy);
      await settled();
    }
  }
}

test('a control plane that starts again serves what was served, before anybody wants anything', async () => {
  const name = 'app/with: odd name';
  {
    await using ramp = await open(filed(name));
    ramp.want(wanted(hosts(1, 4)));
    await pass(15_000);
    ramp.want(wanted(hosts(1, 8)));
    await pass(500);
    expect(sizeOf(ramp)).toBe(6);
    ramp.order('hold', 'ann');
    await pass(0);
  }
  await using ramp = await open(filed(name));
  expect(sizeOf(ramp)).toBe(6);
  expect(ramp.view().order).toMatchObject({ kind: 'held', by: 'ann' });
  ramp.want(wanted(hosts(1, 8)));
  ramp.order('release', 'ann');
  await pass(0);
  // Nothing is known of their health yet.
  expect(sizeOf(ramp)).toBe(6);
  await pass(30_000);
  expect(sizeOf(ramp)).toBe(8);
  expect((await readdir(dir)).length).toBeLessThanOrEqual(3);
});

test('hosts that left while no control plane ran leave as others do: not at once, and the last ones not at all', async () => {
  {
    await using ramp = await open(filed('app'));
    ramp.want(wanted(hosts(1, 4)));
    await pass(15_000);
  }
  {
    await using ramp = await open(filed('app'));
    ramp.want(wanted(hosts(1, 1)));
    await pass(4_000);
    expect(sizeOf(ramp)).toBe(4);
    expect(ramp.view().waiting.map(({ kind }) => kind)).toContain('just-gone');
    await pass(20_000);
    expect(sizeOf(ramp)).toBe(1);
  }
  await using ramp = await open(filed('app'));
  ramp.want(new Map());
  await pass(30_000);
  expect(sizeOf(ramp)).toBe(1);
  expect(ramp.view().waiting.map(({ kind }) => kind)).toContain('last-hosts');
});

test('what cannot be read as a ramp is refused: from nothing, every host would be new', async () => {
  await writeFile(join(dir, 'app@3.json'), '{"version":3}');
  await expect(open(fileMemory(dir, 'app'))).rejects.toThrow(/app@3\.json holds no ramp/);
});

test('a step that cannot be kept is not made, and is when it can', async () => {
  const memory = forgetfulMemory();
  let broken = false;
  const brittle: RampMemory = {
    read: memory.read,
    replace: (...args) => (broken ? Promise.reject(new Error('disk full')) : memory.replace(...args)),
  };
  await using ramp = await open(brittle);
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  broken = true;
  ramp.want(wanted(hosts(1, 6)));
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(4);
  expect(ramp.view().waiting[0]).toMatchObject({ kind: 'not-kept', text: expect.stringContaining('disk full') });
  broken = false;
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(6);
});

test('an order that another control plane was given is not written over, by a step or by what is seen of hosts', async () => {
  const memory = forgetfulMemory();
  await using ramp = await open(memory);
  const orderedElsewhere = async (order: RampOrder): Promise<void> => {
    const kept = await memory.read();
    if (!kept) throw new Error('nothing is kept');
    expect(await memory.replace({ ...kept, order }, kept.version)).toBe(true);
  };
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  ramp.want(wanted(hosts(1, 8)));
  await clock.advance(500);
  expect(ramp.view().served.filter(({ onTrial }) => onTrial)).toHaveLength(2);
  await orderedElsewhere({ kind: 'held', by: 'ann', sinceMs: 1 });
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(6);
  expect(ramp.view().order).toMatchObject({ kind: 'held', by: 'ann' });
  expect(await memory.read()).toMatchObject({ order: { kind: 'held', by: 'ann' } });

  ramp.order('release', 'bob');
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(8);
  await orderedElsewhere({ kind: 'held', by: 'cyd', sinceMs: 2 });
  ramp.want(wanted(hosts(1, 9)));
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(8);
  expect(await memory.read()).toMatchObject({ order: { kind: 'held', by: 'cyd' } });
});

test('a hurry that ended by itself is over for whoever starts later', async () => {
  const memory = forgetfulMemory();
  await using ramp = await open(memory);
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  sick.add('10.0.0.5');
  ramp.want(wanted(hosts(1, 5)));
  await clock.advance(15_000);
  ramp.order('hurry', 'ann');
  await clock.advance(5_000);
  expect(await memory.read()).toMatchObject({ order: { kind: 'hurried' } });
  // The host that is known to be bad goes, and nothing is left to hurry for.
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(5_000);
  expect(ramp.view().order).toEqual({ kind: 'none' });
  expect(await memory.read()).toMatchObject({ order: { kind: 'none' } });
});

test('of two control planes that step at the same time one is first, and both serve that', async () => {
  const memory = filed('app');
  const still = { after: () => () => {} };
  using ours = new RampFolder({ dir, clock: still, everyMs: 1_000 });
  using theirs = new RampFolder({ dir, clock: still, everyMs: 1_000 });
  await using one = await open(filed('app', ours.memoryOf('app')));
  await using two = await open(filed('app', theirs.memoryOf('app')));
  let seconds = 0;
  const second = async (): Promise<void> => {
    await pass(1_000);
    // The file system's time goes on as the test's does.
    seconds += 1;
    await utimes(dir, seconds, seconds);
    await Promise.all([ours.look(), theirs.look()]);
  };
  one.want(wanted(hosts(1, 4)));
  two.want(wanted(hosts(2, 5)));
  for (let left = 60; left > 0; left--) {
    await second();
    const newest = (await memory.read())?.version ?? 0;
    for (const ramp of [one, two]) expect(ramp.served?.version ?? 0).toBeLessThanOrEqual(newest);
  }
  // They agree about what is wanted again, as replicas do that ask the same source.
  two.want(wanted(hosts(1, 4)));
  for (let left = 40; left > 0; left--) await second();
  expect(two.served).toEqual(one.served);
  expect(sizeOf(one)).toBe(4);
  one.order('hold', 'ann');
  await second();
  await pass(0);
  expect(two.view().order).toMatchObject({ kind: 'held', by: 'ann' });
});
