import { expect, test } from 'vitest';
import { forgetfulMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { ManualClock } from './manual-clock.ts';
import { hostsUpTo, peersOfOneProcess, rampReplica } from './ramp-replica.ts';

async function pair() {
  const clock = new ManualClock();
  const memory = forgetfulMemory();
  const peersOf = peersOfOneProcess();
  const stack = new AsyncDisposableStack();
  const open = async (id: string) => stack.use(await rampReplica({ id, clock, memory, peers: peersOf(id) }));
  const [one, two] = [await open('cp-1'), await open('cp-2')];
  const want = (count: number): void => {
    for (const { ramp } of [one, two]) ramp.want(hostsUpTo(count));
  };
  want(4);
  await clock.advance(10_000);
  expect([one.size(), two.size()]).toEqual([4, 4]);
  return { one, two, clock, want, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a step counts when the Envoys of the other control plane have taken it too, and no one is made before', async () => {
  await using both = await pair();
  const { one, two, clock, want } = both;
  two.isAway = true;
  want(12);
  await clock.advance(10_000);
  expect([one.size(), two.size()]).toEqual([6, 6]);
  expect([one.has.length, two.has.length]).toEqual([6, 4]);
  two.isAway = false;
  await clock.advance(20_000);
  expect([one.size(), two.size()]).toEqual([12, 12]);
  expect(one.ramp.served).toEqual(two.ramp.served);
});

test('hosts that only Envoys of the other control plane see fail do not make them panic', async () => {
  await using both = await pair();
  const { one, two, clock, want } = both;
  for (let n = 5; n <= 12; n++) two.sick.add(`10.0.0.${n}`);
  want(12);
  for (let left = 40; left > 0; left--) {
    await clock.advance(1_000);
    expect(two.healthy() / two.has.length).toBeGreaterThanOrEqual(0.5);
  }
  expect(
    one.ramp
      .view()
      .waiting.map(({ text }) => text)
      .join(),
  ).toContain('envoy-of-cp-2 sees');
});
