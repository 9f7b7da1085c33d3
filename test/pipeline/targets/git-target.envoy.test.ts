import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll } from 'vitest';
import { targetContract } from './target-contract.ts';
import type { Place, Store } from './target-store.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'meshgate-git-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

let count = 0;
const placeAt = (repository: string, branch: string): Place => ({
  target: { kind: 'git', repository, branch },
  options: { baseDir: base },
});
const gitTargetOf = ({ target }: Place): { repository: string; branch: string } => {
  if (target.kind !== 'git') throw new Error('not git');
  return target;
};
const pathOf = (place: Place): string => join(base, gitTargetOf(place).repository);

/** As another person would: a clone, an edit, a push. */
async function editByHand(place: Place, edit: (work: string) => Promise<void>): Promise<void> {
  const { branch } = gitTargetOf(place);
  const work = await mkdtemp(join(base, 'work-'));
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=Eve', '-c', 'user.email=eve@localhost', '-C', work, ...args]);
  await execa('git', ['clone', '--quiet', '--branch', branch, pathOf(place), work]);
  await edit(work);
  await git('commit', '--quiet', '--all', '--message', 'by hand');
  await git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
}

const store: Store = {
  secrets: [],
  async place() {
    count += 1;
    return placeAt(`live-${count}.git`, 'beta');
  },
  removeManifest: (place) => editByHand(place, (work) => rm(join(work, 'manifest.json'))),
  editClusters: (place, edit) =>
    editByHand(place, async (work) => {
      const { readFile, writeFile } = await import('node:fs/promises');
      const file = join(work, 'clusters.json');
      await writeFile(file, edit(await readFile(file, 'utf8')));
    }),
  takeAway: (place) => rename(pathOf(place), `${pathOf(place)}.gone`),
  bringBack: (place) => rename(`${pathOf(place)}.gone`, pathOf(place)),
  async hostilePlaces() {
    const branches = ['-d', '--force', 'a b', '../up', 'a..b', 'x.lock', '@{-1}', 'refs/heads/x', 'ü/…', '$(touch x)'];
    const repositories = ['-rf.git', '--bare', 'with space.git', 'a;b.git', 'up/../down.git', 'ünï.git'];
    return [
      ...branches.map((branch) => placeAt('hostile.git', branch)),
      ...repositories.map((repository) => placeAt(repository, 'beta')),
    ];
  },
};

targetContract('git', () => store);
