import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deliveryOf, snapshotWith } from '../deliveries.ts';
import { startRacer } from '../racers.ts';
import { type Bench, deliveryIn, pushed } from './bench.ts';

export function swappingContract({ theStore, open, fresh }: Bench): void {
  describe('compare and swap', () => {
    test('a push on a version that is gone writes nothing', async () => {
      const { target, empty } = await fresh();
      const first = pushed(await target.push(deliveryOf('beta-1'), empty));
      expect(await target.push(deliveryOf('beta-2'), empty)).toEqual({ kind: 'moved', version: first });
      const second = pushed(await target.push(deliveryOf('beta-3'), first));
      expect(await target.push(deliveryOf('beta-4'), first)).toEqual({ kind: 'moved', version: second });
      expect(deliveryIn(await target.read()).delivery.manifest.promotion).toBe('beta-3');
      expect((await target.history(10)).map(({ manifest }) => manifest?.promotion)).toEqual(['beta-3', 'beta-1']);
    });

    test('the same content again is a version of its own, so that a late push loses (ABA)', async () => {
      const { target, empty } = await fresh();
      const [a, b] = [snapshotWith('1s'), snapshotWith('2s')];
      const first = pushed(await target.push(deliveryOf('beta-1', { snapshot: a }), empty));
      const second = pushed(await target.push(deliveryOf('beta-2', { snapshot: b }), first));
      const third = pushed(await target.push(deliveryOf('beta-2', { snapshot: a, direction: 'back' }), second));
      expect(new Set([empty, first, second, third]).size).toBe(4);
      expect(await target.push(deliveryOf('beta-3'), first)).toEqual({ kind: 'moved', version: third });
    });

    test('of 4 processes that push at once, one wins, 8 times over', async () => {
      const { place, target, empty } = await fresh();
      const racers = await Promise.all([1, 2, 3, 4].map(() => startRacer(place)));
      onTestFinished(async () => {
        for (const racer of racers) await racer[Symbol.asyncDispose]();
      });
      let version = empty;
      for (let round = 1; round <= 8; round += 1) {
        const results = await Promise.all(racers.map((racer, lane) => racer.push(`beta-${round}-${lane}`, version)));
        const winners = results.flatMap((result, lane) => (result.kind === 'pushed' ? [{ lane, ...result }] : []));
        expect(results.map(({ kind }) => kind).toSorted()).toEqual(['moved', 'moved', 'moved', 'pushed']);
        const held = deliveryIn(await target.read());
        expect(held.version).toBe(winners[0]?.version);
        expect(held.delivery.manifest.promotion).toBe(`beta-${round}-${winners[0]?.lane}`);
        version = held.version;
      }
      expect(await target.history(100)).toHaveLength(8);
    }, 240_000);
  });

  describe('a push asked for again', () => {
    test('answers with the version of the first, from the old base and from the new', async () => {
      const { place, target, empty } = await fresh();
      const base = pushed(await target.push(deliveryOf('beta-1'), empty));
      const version = pushed(await target.push(deliveryOf('beta-2'), base));
      const after = await open(place);
      expect(await after.push(deliveryOf('beta-2'), base)).toEqual({ kind: 'pushed', version });
      expect(await after.push(deliveryOf('beta-2'), version)).toEqual({ kind: 'pushed', version });
      expect(await target.history(10)).toHaveLength(2);
    });

    test('also where it was the first of all', async () => {
      const { target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1'), empty));
      expect(await target.push(deliveryOf('beta-1'), empty)).toEqual({ kind: 'pushed', version });
    });

    test('twice at the same time is one push', async () => {
      const { place, target, empty } = await fresh();
      const other = await open(place);
      const [one, two] = await Promise.all([target, other].map((each) => each.push(deliveryOf('beta-1'), empty)));
      expect(one).toMatchObject({ kind: 'pushed' });
      expect(two).toEqual(one);
      expect(await target.history(10)).toHaveLength(1);
    });

    test('is not taken for done once somebody else has moved it', async () => {
      const { target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1'), empty));
      const other = pushed(await target.push(deliveryOf('beta-2'), version));
      expect(await target.push(deliveryOf('beta-1'), empty)).toEqual({ kind: 'moved', version: other });
    });

    test('is another push when the promotion goes back', async () => {
      const { target, empty } = await fresh();
      const [a, b] = [snapshotWith('1s'), snapshotWith('2s')];
      const first = pushed(await target.push(deliveryOf('beta-1', { snapshot: a }), empty));
      const second = pushed(await target.push(deliveryOf('beta-2', { snapshot: b }), first));
      const back = pushed(await target.push(deliveryOf('beta-2', { snapshot: a, direction: 'back' }), second));
      expect(await target.push(deliveryOf('beta-2', { snapshot: b }), first)).toEqual({ kind: 'moved', version: back });
    });

    test('is another push when only its direction differs', async () => {
      const { target, empty } = await fresh();
      const snapshot = snapshotWith('1s');
      const first = pushed(await target.push(deliveryOf('beta-1', { snapshot }), empty));
      const back = deliveryOf('beta-1', { snapshot, direction: 'back' });
      expect(await target.push(back, empty)).toEqual({ kind: 'moved', version: first });
      const second = pushed(await target.push(back, first));
      expect(second).not.toBe(first);
      expect(deliveryIn(await target.read()).delivery.manifest.direction).toBe('back');
    });

    test('is not taken for done on a base that it was not made on', async () => {
      const { target, empty } = await fresh();
      const base = pushed(await target.push(deliveryOf('beta-1'), empty));
      const version = pushed(await target.push(deliveryOf('beta-2'), base));
      expect(await target.push(deliveryOf('beta-2'), empty)).toEqual({ kind: 'moved', version });
    });

    test('is not taken for done where somebody changed it and changed it back, if the store can tell', async () => {
      const { place, target, empty } = await fresh();
      const first = pushed(await target.push(deliveryOf('beta-1', { snapshot: snapshotWith('1s') }), empty));
      await theStore().editClusters(place, (text) => text.replace('"1s"', '"7s"'));
      await theStore().editClusters(place, (text) => text.replace('"7s"', '"1s"'));
      const { version } = deliveryIn(await target.read());
      expect(await target.push(deliveryOf('beta-1', { snapshot: snapshotWith('1s') }), empty)).toEqual(
        version === first ? { kind: 'pushed', version: first } : { kind: 'moved', version },
      );
    });
  });

  describe('killed and read in the middle', () => {
    test('a pusher that is killed at any moment leaves a whole delivery, and its push asked for again is one push', async () => {
      const { place, target, empty } = await fresh();
      let version = empty;
      const moments = [0, 2, 5, 10, 20, 40, 80];
      for (const [round, afterMs] of moments.entries()) {
        const racer = await startRacer(place);
        const answered = racer.push(`beta-${round}`, version).catch(() => 'no answer');
        // not a wait for anything: the moments of death differ, and every one of them has to do
        await Promise.race([answered, sleep(afterMs)]);
        await racer.kill();
        const held = await target.read();
        expect(held.kind).toBe(round === 0 && held.version === empty ? 'empty' : 'delivery');
        version = pushed(await target.push(deliveryOf(`beta-${round}`), version));
        expect(deliveryIn(await target.read())).toMatchObject({
          version,
          delivery: { manifest: { promotion: `beta-${round}` } },
        });
      }
      expect((await target.history(100)).map(({ manifest }) => manifest?.promotion)).toEqual(
        moments.map((_, round) => `beta-${moments.length - 1 - round}`),
      );
    }, 120_000);

    test('whoever reads while it moves sees one delivery or the other, never a mix', async () => {
      const { place, target, empty } = await fresh();
      let version = pushed(await target.push(deliveryOf('beta-0'), empty));
      const reader = await open(place);
      let moving = true;
      const reading = (async () => {
        const seen = new Set<string>();
        while (moving) seen.add(deliveryIn(await reader.read()).delivery.manifest.promotion);
        return seen;
      })();
      try {
        for (let n = 1; n <= 10; n += 1) version = pushed(await target.push(deliveryOf(`beta-${n}`), version));
      } finally {
        moving = false;
      }
      expect((await reading).size).toBeGreaterThan(0);
    }, 60_000);
  });
}
