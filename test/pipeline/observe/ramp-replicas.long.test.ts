import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { FleetStore } from '../../../pipeline/observe/store-fleet-sink.ts';
import { storeRampMemory } from '../../../pipeline/observe/store-ramp-memory.ts';
import { StoreRampPeers } from '../../../pipeline/observe/store-ramp-peers.ts';
import { sweepStoreRamps } from '../../../pipeline/observe/sweep-store-ramps.ts';
import { ManualClock, settled } from '../../controlplane/ramp/manual-clock.ts';
import { hostsUpTo, rampReplica } from '../../controlplane/ramp/ramp-replica.ts';
import { fleetStore } from './fleet-store.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let database: Awaited<ReturnType<typeof fleetStore>>;
beforeAll(async () => {
  database = await fleetStore();
});
afterAll(() => database[Symbol.asyncDispose]());

const busy = new Set<Promise<unknown>>();
const store: FleetStore = {
  sql: (...args) => {
    const work = database.sql(...args);
    busy.add(work);
    const done = (): void => void busy.delete(work);
    work.then(done, done);
    return work as never;
  },
};

let clock: ManualClock;
let stages = 0;
let stage: string;
beforeEach(() => {
  clock = new ManualClock();
  stages += 1;
  stage = `stage-${stages}`;
});

/** Time goes on, and the database takes none of it. */
async function pass(ms: number, each: () => void = () => {}): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    await clock.advance(Math.min(500, left));
    while (busy.size > 0) {
      await Promise.allSettled(busy);
      await settled();
    }
    each();
  }
}

/** On the store, from which it may be cut off. */
async function replica(id: string) {
  const problems: (string | undefined)[] = [];
  const cut = { isCut: false };
  const own: FleetStore = {
    sql: (...args) => (cut.isCut ? Promise.reject(new Error('cut off')) : store.sql(...args)),
  };
  const peers = new StoreRampPeers({ store: own, stage, id, clock, onProblem: (problem) => problems.push(problem) });
  const self = await rampReplica({ id, clock, memory: storeRampMemory(own, stage, 'app'), peers });
  return Object.assign(self, {
    problems,
    cut: (isCut: boolean): void => void Object.assign(cut, { isCut }),
    closePeers: () => peers[Symbol.asyncDispose](),
  });
}

type Replica = Awaited<ReturnType<typeof replica>>;
const want = (replicas: readonly Replica[], upTo: number): void => {
  for (const { ramp } of replicas) ramp.want(hostsUpTo(upTo));
};
const sizes = (...replicas: readonly Replica[]): readonly number[] => replicas.map(({ size }) => size());

async function pair() {
  const stack = new AsyncDisposableStack();
  const open = async (id: string): Promise<Replica> => {
    const opened = await replica(id);
    stack.defer(opened.closePeers);
    return stack.use(opened);
  };
  const [one, two] = [await open('cp-1'), await open('cp-2')];
  want([one, two], 4);
  await pass(10_000);
  expect(sizes(one, two)).toEqual([4, 4]);
  return { one, two, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a step counts when the Envoys of the other control plane have taken it too; both come to what is wanted', async () => {
  await using both = await pair();
  const { one, two } = both;
  two.isAway = true;
  want([one, two], 12);
  await pass(10_000);
  expect(sizes(one, two)).toEqual([6, 6]);
  expect([one.has.length, two.has.length]).toEqual([6, 4]);
  expect(one.ramp.view().isTaken).toBe(false);
  two.isAway = false;
  await pass(20_000);
  expect(sizes(one, two)).toEqual([12, 12]);
  expect(one.ramp.served).toEqual(two.ramp.served);
});

test('hosts that only the Envoys of the other control plane see fail put none of its Envoys into panic', async () => {
  await using both = await pair();
  const { one, two } = both;
  for (let n = 5; n <= 12; n++) two.sick.add(`10.0.0.${n}`);
  want([one, two], 12);
  const shares: number[] = [];
  await pass(40_000, () => shares.push(two.healthy() / two.has.length));
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
  expect(Math.max(...sizes(one, two))).toBeLessThanOrEqual(8);
  expect(
    one.ramp
      .view()
      .waiting.map(({ text }) => text)
      .join(),
  ).toContain('envoy-of-cp-2 sees');
  two.sick.clear();
  await pass(30_000);
  expect(sizes(one, two)).toEqual([12, 12]);
});

test('one that is cut off makes no step, and is waited for only until it is known to be gone', async () => {
  await using both = await pair();
  const { one, two } = both;
  two.cut(true);
  want([one, two], 12);
  await pass(10_000);
  expect(sizes(one, two)).toEqual([6, 4]);
  expect(two.problems).toEqual(['cut off']);
  expect(two.ramp.view().waiting[0]).toMatchObject({ kind: 'not-kept', text: expect.stringContaining('cut off') });
  // The database's clock is not the test's.
  await store.sql("UPDATE meshgate.ramp_view SET told = told - interval '30 seconds' WHERE control_plane = $1", [
    'cp-2',
  ]);
  await pass(15_000);
  expect(sizes(one, two)).toEqual([12, 4]);
  two.cut(false);
  await pass(10_000);
  expect(sizes(one, two)).toEqual([12, 12]);
  expect(two.problems).toEqual(['cut off', undefined]);

  let isGone = true;
  const late: FleetStore = { sql: (...args) => (isGone ? Promise.reject(new Error('gone')) : store.sql(...args)) };
  await using third = new StoreRampPeers({ store: late, stage, id: 'cp-3', clock, onProblem: () => {} });
  await expect(third.heard()).rejects.toThrow('gone');
  isGone = false;
  await third.heard();
  expect(third.of('app').map(({ version, isTaken }) => [version, isTaken])).toEqual([
    [one.ramp.served?.version, true],
    [one.ramp.served?.version, true],
  ]);
});

test('an order to one holds for all, and a record that was removed is written anew', async () => {
  await using both = await pair();
  const { one, two } = both;
  one.ramp.order('hold', 'ann');
  await pass(5_000);
  expect(two.ramp.view().order).toMatchObject({ kind: 'held', by: 'ann' });
  two.ramp.order('release', 'bob');
  await pass(5_000);
  expect(one.ramp.view().order).toEqual({ kind: 'none' });
  await store.sql('DELETE FROM meshgate.ramp WHERE stage = $1', [stage]);
  want([one, two], 6);
  await pass(10_000);
  expect(sizes(one, two)).toEqual([6, 6]);
  expect((await storeRampMemory(store, stage, 'app').read())?.admitted).toHaveLength(6);
});

test('a hold is not lost, whenever in a ramp under way it is given', async () => {
  for (let offsetMs = 0; offsetMs < 8_000; offsetMs += 500) {
    stage = `held-after-${offsetMs}`;
    await using both = await pair();
    const { one, two } = both;
    want([one, two], 40);
    await pass(offsetMs);
    one.ramp.order('hold', 'ann');
    await pass(6_000);
    const orders = [one, two].map(({ ramp }) => ramp.view().order.kind);
    expect([offsetMs, ...orders]).toEqual([offsetMs, 'held', 'held']);
  }
});

test('what is kept of a cluster is removed when nobody serves it any more', async () => {
  const kept = { version: 1, order: { kind: 'none' as const }, admitted: [] };
  const clusters = ['used', 'elsewhere', 'gone', 'of-killed', 'of-long-gone'];
  for (const cluster of clusters) await storeRampMemory(store, stage, cluster).replace(kept, 0);
  const open = async (id: string, cluster: string) => {
    const peers = new StoreRampPeers({ store, stage, id, clock, onProblem: () => {} });
    peers.tell(cluster, { version: 1, order: 'none', isTaken: true, fleet: { kind: 'silent' }, unhealthy: [] });
    await peers.exchange();
    return peers;
  };
  await using _other = await open('cp-2', 'elsewhere');
  await using _killed = await open('cp-3', 'of-killed');
  await using _longGone = await open('cp-4', 'of-long-gone');
  for (const [id, minutes] of [
    ['cp-3', 50],
    ['cp-4', 70],
  ])
    await store.sql(
      `UPDATE meshgate.ramp_view SET told = told - $3::float8 * interval '1 minute' WHERE stage = $1 AND control_plane = $2`,
      [stage, id, minutes],
    );
  const swept = await sweepStoreRamps(store, stage, new Set(['used']));
  expect(swept.toSorted()).toEqual(['gone', 'of-long-gone']);
  expect(await storeRampMemory(store, stage, 'elsewhere').read()).toEqual(kept);
  const rows = await store.sql('SELECT control_plane FROM meshgate.ramp_view WHERE stage = $1 ORDER BY 1', [stage]);
  expect(rows).toEqual([{ control_plane: 'cp-2' }, { control_plane: 'cp-3' }]);
});

test('of two steps from one version one is kept; one that is no ramp is refused', async () => {
  const memory = storeRampMemory(store, stage, 'app');
  const kept = (version: number) => ({ version, order: { kind: 'none' as const }, admitted: [] });
  expect(await memory.read()).toBeUndefined();
  expect(await memory.replace(kept(0), 0)).toBe(true);
  expect(await memory.replace(kept(1), 0)).toBe(true);
  expect(await memory.replace(kept(1), 0)).toBe(false);
  expect(await memory.replace(kept(2), 1)).toBe(true);
  expect(await memory.replace(kept(2), 1)).toBe(false);
  expect(await memory.read()).toEqual(kept(2));
  await store.sql("UPDATE meshgate.ramp SET kept = '{}' WHERE stage = $1", [stage]);
  await expect(memory.read()).rejects.toThrow(/the ramp of app in the database holds no ramp/);
});
