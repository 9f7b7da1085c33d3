import { inspect } from 'node:util';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { TargetVersion } from '../../../pipeline/ids.ts';
import { type OpenTargetOptions, openTarget } from '../../../pipeline/targets/open-target.ts';
import { type Held, type PushResult, type Target, TargetError } from '../../../pipeline/targets/target.ts';
import type { StageTarget } from '../../../render/config/mesh-config.ts';
import { bigSnapshot, deliveryOf, snapshotWith } from './deliveries.ts';
import { startRacer } from './racers.ts';

/** Where a test's deliveries go: fresh and empty, in a real store. All of it crosses to other processes as JSON. */
export type Place = { readonly target: StageTarget; readonly options: OpenTargetOptions };

/** A real store, and what other people do to it behind our back. */
export type Store = {
  place(): Promise<Place>;
  /** Other hands: takes the manifest away, without a trace of ours. */
  removeManifest(place: Place): Promise<void>;
  /** Other hands: puts this text in for `clusters.json` and leaves the manifest as it is. */
  editClusters(place: Place, edit: (text: string) => string): Promise<void>;
  /** The store cannot be reached until `bringBack`. */
  takeAway(place: Place): Promise<void>;
  bringBack(place: Place): Promise<void>;
  /** Must be in no error and no name. */
  readonly secrets: readonly string[];
  /** Places with names that are traps; each must work, or be refused in words. */
  hostilePlaces(): Promise<readonly Place[]>;
  /** Kinds whose `readAt` still has a version after hands have changed it in place say so. */
  readonly editsInPlace?: boolean;
};

/** What every kind of target promises, asked of the real thing. */
export function targetContract(kind: StageTarget['kind'], theStore: () => Store): void {
  const opened: Target[] = [];
  afterEach(async () => {
    for (const target of opened.splice(0)) await target[Symbol.asyncDispose]();
  });
  const open = async ({ target, options }: Place): Promise<Target> => {
    const made = await openTarget(target, options);
    opened.push(made);
    return made;
  };
  const fresh = async (): Promise<{ place: Place; target: Target; empty: TargetVersion }> => {
    const place = await theStore().place();
    const target = await open(place);
    return { place, target, empty: (await target.read()).version };
  };
  const pushed = (result: PushResult): TargetVersion => {
    expect(result.kind).toBe('pushed');
    return result.version;
  };

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
      const { makeSnapshot } = await import('../../../render/snapshot.ts');
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

    test('of 4 processes that push at once, one wins, 20 times over', async () => {
      const { place, target, empty } = await fresh();
      const racers = await Promise.all([1, 2, 3, 4].map(() => startRacer(place)));
      onTestFinished(async () => {
        for (const racer of racers) await racer[Symbol.asyncDispose]();
      });
      let version = empty;
      for (let round = 1; round <= 20; round += 1) {
        const results = await Promise.all(racers.map((racer, lane) => racer.push(`beta-${round}-${lane}`, version)));
        const winners = results.flatMap((result, lane) => (result.kind === 'pushed' ? [{ lane, ...result }] : []));
        expect(results.map(({ kind }) => kind).toSorted()).toEqual(['moved', 'moved', 'moved', 'pushed']);
        const held = deliveryIn(await target.read());
        expect(held.version).toBe(winners[0]?.version);
        expect(held.delivery.manifest.promotion).toBe(`beta-${round}-${winners[0]?.lane}`);
        version = held.version;
      }
      expect(await target.history(100)).toHaveLength(20);
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

function deliveryIn(held: Held | undefined): Extract<Held, { kind: 'delivery' }> {
  expect(held).toMatchObject({ kind: 'delivery' });
  if (held?.kind !== 'delivery') throw new Error('no delivery');
  return held;
}
