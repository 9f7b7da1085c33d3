import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTarget } from '../../../pipeline/targets/open-target.ts';
import { TargetError } from '../../../pipeline/targets/target.ts';
import type { StageTarget } from '../../../render/config/mesh-config.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { type CentralDogma, centralDogmaMissing, startCentralDogma } from '../../real/central-dogma.ts';
import { startBetween } from './between.ts';
import { deliveryOf } from './deliveries.ts';
import { targetContract } from './target-contract.ts';
import type { Place, Store } from './target-store.ts';

const SECRET = 'appToken-11112222-aaaa-bbbb-cccc-333344445555';
const missing = await centralDogmaMissing();

describe.skipIf(missing)(`Central Dogma${missing ? ` (${missing})` : ''}`, () => {
  let server: CentralDogma;
  beforeAll(async () => {
    server = await startCentralDogma(join(cacheDirOf(process.env), 'servers'));
    await server.call('POST', '/projects', { name: 'mesh' });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  let count = 0;
  const placeAt = (project: string, repository: string, path: string): Place => ({
    target: { kind: 'central-dogma', url: server.url, project, repository, path },
    options: { baseDir: '/' },
  });
  const repositoryOf = ({ target }: Place): string => {
    if (target.kind !== 'central-dogma') throw new Error('not Central Dogma');
    return `/projects/${target.project}/repos/${target.repository}`;
  };
  const change = async (place: Place, changes: unknown): Promise<void> => {
    const commitMessage = { summary: 'by hand', detail: '', markup: 'PLAINTEXT' };
    const { status, body } = await server.call('POST', `${repositoryOf(place)}/contents`, { commitMessage, changes });
    if (status !== 200) throw new Error(`edit by hand: ${status} ${JSON.stringify(body)}`);
  };

  const store: Store = {
    secrets: [],
    async place() {
      count += 1;
      await server.call('POST', '/projects/mesh/repos', { name: `live-${count}` });
      return placeAt('mesh', `live-${count}`, '/beta');
    },
    removeManifest: (place) => change(place, [{ path: '/beta/manifest.json', type: 'REMOVE' }]),
    async editClusters(place, edit) {
      const { body } = await server.call('GET', `${repositoryOf(place)}/contents/beta/clusters.json`);
      const text = edit(JSON.stringify((body as { content: unknown }).content, null, 2));
      await change(place, [{ path: '/beta/clusters.json', type: 'UPSERT_JSON', content: JSON.parse(text) }]);
    },
    takeAway: () => server.kill(),
    bringBack: () => server.start(),
    async hostilePlaces() {
      await server.call('POST', '/projects/mesh/repos', { name: 'hostile' });
      const paths = [
        '/-rf',
        '/--',
        '/with space',
        '/..',
        '/a/../b',
        '/',
        '',
        'deep/er/',
        '/ü',
        '/*',
        '/a,/b',
        '/?revision=1',
      ];
      return [
        ...paths.map((path) => placeAt('mesh', 'hostile', path)),
        placeAt('../mesh', 'hostile', '/a'),
        placeAt('mesh', '..', '/a'),
        placeAt('mesh', 'host ile', '/a'),
      ];
    },
  };

  targetContract('central-dogma', () => store);

  test('a token that the server does not take is an error in words, which do not have the token', async () => {
    const { target } = await store.place();
    const opened = await openTarget(target, { baseDir: '/', secrets: { centralDogmaToken: SECRET } });
    const error = await opened.read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TargetError);
    expect((error as Error).message).toMatch(/the token is missing, wrong, or may not do that \(401\)/);
    expect(inspect([error, opened], { depth: 9, showHidden: true })).not.toContain(SECRET);
  });

  test.each([
    ['no-such-project', 'live'],
    ['mesh', 'no-such-repository'],
  ])('%s/%s is not made, and not empty either', async (project, repository) => {
    const opened = await openTarget(placeAt(project, repository, '/beta').target, { baseDir: '/' });
    await expect(opened.read()).rejects.toThrow(/make it, or correct `target` in mesh\.yaml.*does not exist/);
  });

  test('commits of others elsewhere in the repository neither move it nor stop a push', async () => {
    const place = await store.place();
    let theirs = 0;
    const commitElsewhere = async () => {
      theirs += 1;
      await change(place, [{ path: '/other/clusters.json', type: 'UPSERT_JSON', content: { theirs } }]);
    };
    // between our look and our push, three times in a row
    await using between = await startBetween(server.url, {
      beforePush: async (n) => void (n <= 3 && (await commitElsewhere())),
    });
    const target = await openTarget({ ...place.target, url: between.url } as StageTarget, place.options);
    const { version: empty } = await target.read();
    const first = await target.push(deliveryOf('beta-1'), empty);
    expect(first).toEqual({ kind: 'pushed', version: '5' });
    expect(between.pushes()).toBe(4);
    await commitElsewhere();
    expect(await target.read()).toMatchObject({ kind: 'delivery', version: '5' });
    expect(await target.push(deliveryOf('beta-2'), first.version)).toEqual({ kind: 'pushed', version: '7' });
    expect(await target.history(100)).toHaveLength(2);
  });

  test('somebody who changes our files between look and push wins', async () => {
    const place = await store.place();
    const other = await openTarget(place.target, place.options);
    const { version: empty } = await other.read();
    await using between = await startBetween(server.url, {
      beforePush: async () => void (await other.push(deliveryOf('beta-2'), empty)),
    });
    const target = await openTarget({ ...place.target, url: between.url } as StageTarget, place.options);
    expect(await target.push(deliveryOf('beta-1'), empty)).toEqual({ kind: 'moved', version: '2' });
    expect(await target.history(100)).toHaveLength(1);
  });

  test('an answer that is lost on the way is found out by reading back', async () => {
    const place = await store.place();
    await using between = await startBetween(server.url, { losesAnswer: (n) => n === 1 });
    const target = await openTarget({ ...place.target, url: between.url } as StageTarget, place.options);
    const { version: empty } = await target.read();
    expect(await target.push(deliveryOf('beta-1'), empty)).toEqual({ kind: 'pushed', version: '2' });
    expect(between.pushes()).toBe(1);
  });
});
