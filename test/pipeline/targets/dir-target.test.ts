import { mkdtemp, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
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
