import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileMemory, type RampRecords, recordsIn } from '../../../controlplane/ramp/file-memory.ts';
import { RampFolder } from '../../../controlplane/ramp/ramp-folder.ts';
import type { KeptRamp } from '../../../controlplane/ramp/ramp-state.ts';
import { ManualClock } from './manual-clock.ts';

let dir: string;
let listings: number;
let told: string[];
let now: number;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ramp-folder-'));
  listings = 0;
  told = [];
  now = 1_000;
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const CLUSTERS = Array.from({ length: 100 }, (_, at) => `app/${at}`);
const kept = (version: number, order: KeptRamp['order'] = { kind: 'none' }): KeptRamp => ({
  version,
  order,
  admitted: [],
});

const counted = async (of: string): Promise<RampRecords> => {
  listings += 1;
  return recordsIn(of);
};
/** Looks are the test's own. */
const folder = (): RampFolder =>
  new RampFolder({ dir, clock: { after: () => () => {} }, everyMs: 2_000, list: counted });

/** Another control plane of the machine replaces records; what was written in one step of the file system's time has another time than before. */
async function others(write: (memoryOf: (cluster: string) => ReturnType<typeof fileMemory>) => Promise<unknown>) {
  await write((cluster) => fileMemory(dir, cluster));
  now += 1;
  await utimes(dir, now, now);
}

test('a folder of many clusters is listed once after something was written, and not at all while nothing is', async () => {
  await others((of) => Promise.all(CLUSTERS.map((cluster) => of(cluster).replace(kept(1), 0))));
  using it = folder();
  const memories = CLUSTERS.map((cluster) => [cluster, it.memoryOf(cluster)] as const);
  expect((await Promise.all(memories.map(([, memory]) => memory.read()))).every((one) => one?.version === 1)).toBe(
    true,
  );
  expect(listings).toBe(1);
  const leave = memories.map(([cluster, memory]) => memory.follow?.(() => void told.push(cluster)));
  for (let looks = 0; looks < 10; looks += 1) await it.look();
  expect(listings).toBe(3);
  // What was written between its start and the first look is told in any case.
  expect(told.splice(0)).toEqual(CLUSTERS);

  await others((of) => of('app/7').replace(kept(2), 1));
  await others((of) => of('app/8').replace(kept(1, { kind: 'held', by: 'ann', sinceMs: 1 }), 1));
  for (let looks = 0; looks < 10; looks += 1) await it.look();
  expect(told.splice(0)).toEqual(['app/7', 'app/8']);
  expect(listings).toBe(5);

  leave[7]?.();
  await others((of) => of('app/7').replace(kept(3), 2));
  await it.look();
  expect(told).toEqual([]);
});

test('who asks while it is listed hears of what was written meanwhile', async () => {
  const going = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  using it = new RampFolder({
    dir,
    clock: { after: () => () => {} },
    everyMs: 2_000,
    async list(of) {
      const records = await counted(of);
      began.resolve();
      await going.promise;
      return records;
    },
  });
  const early = it.memoryOf('app').read();
  await began.promise;
  await others((of) => of('app').replace(kept(1), 0));
  const late = [it.memoryOf('app').read(), it.memoryOf('app').read()];
  going.resolve();
  expect(await early).toBeUndefined();
  expect((await Promise.all(late)).map((one) => one?.version)).toEqual([1, 1]);
  expect(listings).toBe(2);
});

test('it looks by its clock, goes on after a look that failed, and ends when it is disposed', async () => {
  const clock = new ManualClock();
  let looked = Promise.withResolvers<void>();
  let isBroken = true;
  const it = new RampFolder({
    dir,
    clock,
    everyMs: 2_000,
    async list(of) {
      looked.resolve();
      if (isBroken) throw new Error('disk');
      return await counted(of);
    },
  });
  const heard = Promise.withResolvers<void>();
  it.memoryOf('app').follow?.(() => heard.resolve());
  for (const broken of [true, false]) {
    isBroken = broken;
    looked = Promise.withResolvers();
    let isOver = false;
    void looked.promise.then(() => {
      isOver = true;
    });
    while (!isOver) await clock.advance(2_000);
  }
  await heard.promise;
  it[Symbol.dispose]();
  const before = listings;
  await others((of) => of('app').replace(kept(1), 0));
  await clock.advance(10_000);
  expect(listings).toBe(before);
});
