import { describe, expect, test } from 'vitest';
import type { StageTarget } from '../../../../render/config/mesh-config.ts';
import { makeSnapshot } from '../../../../render/snapshot.ts';
import { bigSnapshot, deliveryOf, snapshotWith } from '../deliveries.ts';
import { type Bench, deliveryIn, pushed } from './bench.ts';

export function holdingContract({ theStore, open, fresh }: Bench, kind: StageTarget['kind']): void {
  describe('holding', () => {
    test('a fresh place is empty, and stays so when asked again', async () => {
      const { target } = await fresh();
      const first = await target.read();
      expect(first.kind).toBe('empty');
      expect(await target.read()).toEqual(first);
      expect(await target.history(10)).toEqual([]);
      expect(target.kind).toBe(kind);
    });

    test('what was pushed is what is read, by digest and manifest, also through another handle', async () => {
      const { place, target, empty } = await fresh();
      const delivery = deliveryOf('beta-1');
      const version = pushed(await target.push(delivery, empty));
      expect(version).not.toBe(empty);
      const held = deliveryIn(await (await open(place)).read());
      expect(held.version).toBe(version);
      expect(held.delivery.manifest).toEqual(delivery.manifest);
      expect(held.delivery.snapshot.digest).toBe(delivery.snapshot.digest);
      expect(held.delivery.snapshot.resources.map(({ name, body, at }) => [name, body, at])).toEqual([
        ['payments', delivery.snapshot.resources[0]?.body, { file: 'clusters.json', line: 2, column: 15 }],
        ['search', delivery.snapshot.resources[1]?.body, { file: 'clusters.json', line: 6, column: 13 }],
        ['edge', delivery.snapshot.resources[2]?.body, { file: 'routes.json', line: 2, column: 11 }],
      ]);
    });

    test('numbers, texts and names that stores like to change come back with the same digest', async () => {
      const { target, empty } = await fresh();
      const body = {
        name: 'odd "name" of 雪\u2028 \\ </script>',
        doubles: [1e3, 0.1, 1e-7, 1.5e300, 2 ** 53 + 2, 1e21, -0.5, 5e-324],
        texts: ['no final newline', 'one\n', 'two\r\n\r\n', '\u0000\u001f', ' 1 ', 'é vs e\u0301', '9007199254740993'],
        '10': { '9': {}, '10': [] },
        none: null,
      };
      const snapshot = snapshotWith('1s', [body]);
      const version = pushed(await target.push(deliveryOf('beta-1', { snapshot }), empty));
      const held = deliveryIn(await target.read());
      expect(held).toMatchObject({ version, delivery: { snapshot: { digest: snapshot.digest } } });
      expect(held.delivery.snapshot.resources.find(({ name }) => name === body.name)?.body).toEqual(body);
    });

    test('5 MB go there and back', async () => {
      const { target, empty } = await fresh();
      const snapshot = bigSnapshot(5_000_000);
      pushed(await target.push(deliveryOf('beta-1', { snapshot }), empty));
      expect(deliveryIn(await target.read()).delivery.snapshot.digest).toBe(snapshot.digest);
    }, 60_000);

    test('a resource type, and the bootstrap, go when they go', async () => {
      const { target, empty } = await fresh();
      const full = snapshotWith('1s');
      const withBootstrap = { ...deliveryOf('beta-1', { snapshot: full }) };
      const first = pushed(await target.push(withBootstrap, empty));
      const clusters = full.resources.filter((resource) => resource.kind === 'cluster');
      const booted = makeSnapshot(full.stage, clusters, { admin: { accessLogPath: '/dev/null' } });
      const second = pushed(await target.push(deliveryOf('beta-2', { snapshot: booted }), first));
      expect(deliveryIn(await target.read()).delivery.snapshot).toMatchObject({
        digest: booted.digest,
        bootstrap: booted.bootstrap,
      });
      pushed(await target.push(deliveryOf('beta-3', { snapshot: makeSnapshot(full.stage, clusters) }), second));
      expect(deliveryIn(await target.read()).delivery.snapshot.bootstrap).toBeUndefined();
    });
  });

  describe('other hands', () => {
    test('a manifest taken away is foreign, in words, and another version', async () => {
      const { place, target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1'), empty));
      await theStore().removeManifest(place);
      const held = await target.read();
      expect(held).toMatchObject({ kind: 'foreign', problem: expect.stringMatching(/manifest\.json/) });
      expect(held.version).not.toBe(version);
      expect(await target.push(deliveryOf('beta-2'), version)).toEqual({ kind: 'moved', version: held.version });
      pushed(await target.push(deliveryOf('beta-2'), held.version));
      expect(deliveryIn(await target.read()).delivery.manifest.promotion).toBe('beta-2');
    });

    test('a resource edited by hand is foreign, with the digest it now has', async () => {
      const { place, target, empty } = await fresh();
      const version = pushed(await target.push(deliveryOf('beta-1', { snapshot: snapshotWith('1s') }), empty));
      await theStore().editClusters(place, (text) => text.replace('"connectTimeout": "1s"', '"connectTimeout": "7s"'));
      const held = await target.read();
      expect(held).toMatchObject({
        kind: 'foreign',
        digest: snapshotWith('7s').digest,
        problem: expect.stringMatching(/says digest [0-9a-f]{12}, and the files beside it have [0-9a-f]{12}/),
      });
      expect(held.version).not.toBe(version);
      // the first push again: what is there is not what it made
      expect(await target.push(deliveryOf('beta-1', { snapshot: snapshotWith('1s') }), empty)).toEqual({
        kind: 'moved',
        version: held.version,
      });
      pushed(await target.push(deliveryOf('beta-2', { snapshot: snapshotWith('1s') }), held.version));
      expect((await target.read()).kind).toBe('delivery');
    });

    test('files that are not ours to understand are foreign', async () => {
      const { place, target, empty } = await fresh();
      pushed(await target.push(deliveryOf('beta-1'), empty));
      await theStore().editClusters(place, () => '{ "payments": 1, "search": { "name": "other" } }');
      expect(await target.read()).toMatchObject({
        kind: 'foreign',
        digest: undefined,
        problem: 'clusters.json: "payments" is not a resource; clusters.json: the body of "search" has another name',
      });
    });
  });
}
