import { mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dirTarget } from '../../../pipeline/targets/dir-target.ts';
import { deliveryOf } from './deliveries.ts';
import { targetContract } from './target-contract.ts';
import type { Place, Store } from './target-store.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'meshgate-dir-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

let count = 0;
const placeAt = (path: string): Place => ({ target: { kind: 'dir', path }, options: { baseDir: base } });
const rootOf = ({ target }: Place): string => join(base, target.kind === 'dir' ? target.path : '');
const current = async (place: Place): Promise<string> =>
  join(rootOf(place), await readlink(join(rootOf(place), 'current')));

const store: Store = {
  secrets: [],
  async place() {
    count += 1;
    return placeAt(`live-${count}/beta`);
  },
  async removeManifest(place) {
    await rm(join(await current(place), 'manifest.json'));
  },
  async editClusters(place, edit) {
    const file = join(await current(place), 'clusters.json');
    await writeFile(file, edit(await readFile(file, 'utf8')));
  },
  takeAway: (place) => rename(rootOf(place), `${rootOf(place)}.gone`),
  bringBack: (place) => rename(`${rootOf(place)}.gone`, rootOf(place)),
  async hostilePlaces() {
    await readdir(base);
    return ['-rf', '--', 'with space', '$(touch x)', 'a;b', '…/ü', '.hidden', '%2e%2e', 'new\nline'].map(placeAt);
  },
};

targetContract('dir', () => store);

describe('versions on disk', () => {
  const fresh = async (keep = 200) => {
    const { target, options } = await store.place();
    const path = target.kind === 'dir' ? target.path : '';
    const opened = dirTarget({ path, baseDir: options.baseDir, keep });
    return { opened, root: join(options.baseDir, path), empty: (await opened.read()).version };
  };

  test('old ones go, and the newest stay readable by number and by link', async () => {
    const { opened, root, empty } = await fresh(3);
    const versions = [empty];
    for (const n of [1, 2, 3, 4, 5]) {
      versions.push((await opened.push(deliveryOf(`beta-${n}`), versions.at(-1) ?? empty)).version);
    }
    expect((await readdir(join(root, 'versions'))).toSorted()).toEqual(['000003', '000004', '000005']);
    expect(await readlink(join(root, 'current'))).toBe('versions/000005');
    expect(await opened.history(10)).toHaveLength(3);
    expect(await opened.readAt(versions[1] ?? empty)).toBeUndefined();
    expect(await opened.readAt(versions[3] ?? empty)).toMatchObject({ kind: 'delivery', version: versions[3] });
  });

  test('a pusher that died between its claim and the link has pushed; the next one mends the link', async () => {
    const { opened, root, empty } = await fresh();
    const first = await opened.push(deliveryOf('beta-1'), empty);
    const second = await opened.push(deliveryOf('beta-2'), first.version);
    await rm(join(root, 'current'));
    await symlink('versions/000001', join(root, 'current'));
    expect(await opened.read()).toMatchObject({ kind: 'delivery', version: second.version });
    expect(await opened.push(deliveryOf('beta-2'), first.version)).toEqual({ kind: 'pushed', version: second.version });
    expect(await readlink(join(root, 'current'))).toBe('versions/000002');
  });

  test('a newest version that somebody removed is foreign, and its number is not used again', async () => {
    const { opened, root, empty } = await fresh();
    const first = await opened.push(deliveryOf('beta-1'), empty);
    await opened.push(deliveryOf('beta-2'), first.version);
    await rm(join(root, 'versions/000002'), { recursive: true });
    const held = await opened.read();
    expect(held).toMatchObject({ kind: 'foreign', problem: 'version 2 was removed' });
    expect(await opened.push(deliveryOf('beta-3'), first.version)).toEqual({ kind: 'moved', version: held.version });
    expect((await opened.push(deliveryOf('beta-3'), held.version)).kind).toBe('pushed');
    expect(await readlink(join(root, 'current'))).toBe('versions/000003');
  });

  test('nothing of a failed or lost push is left', async () => {
    const { opened, root, empty } = await fresh();
    await Promise.all(['beta-1', 'beta-2', 'beta-3'].map((name) => opened.push(deliveryOf(name), empty)));
    expect(await readdir(join(root, 'versions'))).toEqual(['000001']);
    expect((await readdir(root)).toSorted()).toEqual(['current', 'versions']);
  });

  test('without init, a directory that is not there is an error', async () => {
    const opened = dirTarget({ path: 'never-made', baseDir: base, init: false });
    await expect(opened.read()).rejects.toThrow(/the directory is gone/);
  });
});
