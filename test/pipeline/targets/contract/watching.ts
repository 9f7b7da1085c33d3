import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { TargetVersion } from '../../../../pipeline/ids.ts';
import { type Held, TargetError } from '../../../../pipeline/targets/target.ts';
import type { StageTarget } from '../../../../render/config/mesh-config.ts';
import { deliveryOf } from '../deliveries.ts';
import { type Bench, deliveryIn, pushed } from './bench.ts';

export function watchingContract({ theStore, open, fresh }: Bench, kind: StageTarget['kind']): void {
  describe('watching', () => {
    test('yields what is there when nothing is known, then each change, and ends when aborted', async () => {
      const { place, target, empty } = await fresh();
      const stop = new AbortController();
      const seen = target.watch(undefined, stop.signal)[Symbol.asyncIterator]();
      expect((await seen.next()).value).toMatchObject({ kind: 'empty', version: empty });
      const next = seen.next();
      const other = await open(place);
      const version = pushed(await other.push(deliveryOf('beta-1'), empty));
      expect(deliveryIn((await next).value).version).toBe(version);
      const ending = seen.next();
      stop.abort();
      expect((await ending).done).toBe(true);
    });

    test('yields at once what is no longer as known, and nothing while it is', async () => {
      const { target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1'), empty));
      const stop = new AbortController();
      const stale = target.watch(empty, stop.signal)[Symbol.asyncIterator]();
      expect(deliveryIn((await stale.next()).value).version).toBe(version);
      const current = target.watch(version, stop.signal)[Symbol.asyncIterator]();
      const change = current.next();
      const second = pushed(await target.push(deliveryOf('beta-2'), version));
      expect(deliveryIn((await change).value).version).toBe(second);
      stop.abort();
    });

    test('sees an edit by hand', async () => {
      const { place, target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1'), empty));
      const stop = new AbortController();
      const change = target.watch(version, stop.signal)[Symbol.asyncIterator]().next();
      await theStore().editClusters(place, (text) => text.replace('"1s"', '"9s"'));
      expect((await change).value).toMatchObject({ kind: 'foreign' });
      stop.abort();
    });

    test('waits an outage out', async () => {
      const { place, target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1'), empty));
      const stop = new AbortController();
      const change = target.watch(version, stop.signal)[Symbol.asyncIterator]().next();
      await theStore().takeAway(place);
      await expect(target.read()).rejects.toThrow(TargetError);
      await theStore().bringBack(place);
      const second = pushed(await target.push(deliveryOf('beta-2'), version));
      expect(deliveryIn((await change).value).version).toBe(second);
      stop.abort();
    }, 60_000);
  });

  describe('history', () => {
    test('is newest first, up to the limit, and every version can be read', async () => {
      const { target, empty } = await fresh();
      const versions = [empty];
      for (const n of [1, 2, 3]) {
        versions.unshift(pushed(await target.push(deliveryOf(`beta-${n}`), versions[0] ?? empty)));
      }
      const history = await target.history(2);
      expect(history.map(({ version, manifest }) => [version, manifest?.promotion])).toEqual([
        [versions[0], 'beta-3'],
        [versions[1], 'beta-2'],
      ]);
      for (const { atIso } of history) expect(atIso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      const first = await target.readAt(versions[2] ?? empty);
      expect(first && deliveryIn(first).delivery.manifest.promotion).toBe('beta-1');
      expect(first?.version).toBe(versions[2]);
      expect(await target.readAt(empty)).toEqual({ kind: 'empty', version: empty });
    });

    test.each(['', 'nonsense', '-1', '--all', '99999', 'f'.repeat(40), '../x'])('%j is no version', async (version) => {
      const { target, empty } = await fresh();
      pushed(await target.push(deliveryOf('beta-1'), empty));
      expect(await target.readAt(version as TargetVersion)).toBeUndefined();
      expect((await target.push(deliveryOf('beta-2'), version as TargetVersion)).kind).toBe('moved');
    });
  });

  describe('trouble', () => {
    test('a target that is gone is an error in bounded time, without a secret, and never a "no"', async () => {
      const { place, target, empty } = await fresh();
      pushed(await target.push(deliveryOf('beta-1'), empty));
      await theStore().takeAway(place);
      const asked = [
        () => target.read(),
        () => target.push(deliveryOf('beta-2'), empty),
        () => target.history(3),
        () => target.readAt(empty).then(() => target.read()),
      ];
      for (const ask of asked) {
        const error = await ask().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(TargetError);
        const told = inspect(error, { depth: 9, showHidden: true });
        for (const secret of theStore().secrets) expect(told).not.toContain(secret);
      }
      await theStore().bringBack(place);
      expect((await target.read()).kind).toBe('delivery');
    }, 60_000);

    test('its name holds no secret', async () => {
      const { target } = await fresh();
      for (const secret of theStore().secrets) expect(target.name).not.toContain(secret);
      expect(target.name).toContain(kind);
    });

    test('an aborted question ends with the reason, and asks nothing', async () => {
      const { target, empty } = await fresh();
      const reason = new Error('enough');
      const aborted = AbortSignal.abort(reason);
      await expect(target.push(deliveryOf('beta-1'), empty, aborted)).rejects.toBe(reason);
      expect((await target.read()).kind).toBe('empty');
    });

    test('names that are traps work, or are refused in words', async () => {
      for (const place of await theStore().hostilePlaces()) {
        const told = JSON.stringify(place.target);
        const target = await open(place);
        const held = await target.read().catch((error: unknown) => error);
        if (held instanceof Error) {
          expect(held, told).toBeInstanceOf(TargetError);
          expect(held.message, told).toMatch(/allow/);
          await expect(target.push(deliveryOf('beta-1'), 'x' as TargetVersion), told).rejects.toThrow(TargetError);
          continue;
        }
        const { version } = held as Held;
        expect((await target.push(deliveryOf('beta-1'), version)).kind, told).toBe('pushed');
        expect((await target.read()).kind, told).toBe('delivery');
      }
    }, 60_000);
  });
}
