import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTarget } from '../../../pipeline/targets/open-target.ts';
import { TargetError } from '../../../pipeline/targets/target.ts';
import { deliveryOf } from './deliveries.ts';
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

test('a push says in the history what it was, runs no hook, and heeds no configuration of the user', async () => {
  const place = await store.place();
  const target = await openTarget(place.target, place.options);
  const { version: empty } = await target.read();
  const hooks = join(pathOf(place), 'hooks');
  await mkdir(hooks, { recursive: true });
  await writeFile(join(hooks, 'reference-transaction'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  expect((await target.push(deliveryOf('beta-1'), empty)).kind).toBe('pushed');
  const { stdout } = await execa('git', ['-C', pathOf(place), 'log', '--format=%an <%ae> %cn%n%aI%n%B', 'beta']);
  expect(stdout).toContain('Meshgate <meshgate@localhost> Meshgate\n2026-11-22T10:00:00');
  expect(stdout).toMatch(/^beta-1: promote [0-9a-f]{12} \(beta\)$/m);
  expect(stdout).toContain('Meshgate-By: ada, slack:T1/U2');
});

test('others cannot wind back or remove what a repository of ours holds', async () => {
  const place = await store.place();
  const target = await openTarget(place.target, place.options);
  const { version: empty } = await target.read();
  const first = await target.push(deliveryOf('beta-1'), empty);
  const second = await target.push(deliveryOf('beta-2'), first.version);
  const push = (...args: string[]) =>
    execa('git', ['-C', pathOf(place), 'push', pathOf(place), ...args], { reject: false });
  expect((await push('--force', `${first.version}:refs/heads/beta`)).exitCode).not.toBe(0);
  expect((await push('--delete', 'beta')).exitCode).not.toBe(0);
  expect((await target.read()).version).toBe(second.version);
});

test('a branch that holds something else is foreign, and not written over by who thinks it empty', async () => {
  const place = await store.place();
  const target = await openTarget(place.target, place.options);
  const { version: empty } = await target.read();
  const git = (args: string[], input = '') =>
    execa('git', ['-c', 'user.name=Eve', '-c', 'user.email=e@localhost', '-C', pathOf(place), ...args], { input });
  const blob = (await git(['hash-object', '-w', '--stdin'], 'hello')).stdout;
  const tree = (await git(['mktree'], `100644 blob ${blob}\tREADME.md\n`)).stdout;
  const commit = (await git(['commit-tree', tree, '-m', 'theirs'])).stdout;
  await git(['update-ref', 'refs/heads/beta', commit]);
  expect(await target.read()).toMatchObject({
    kind: 'foreign',
    problem: 'there is no manifest.json, only README.md',
    version: commit,
  });
  expect(await target.push(deliveryOf('beta-1'), empty)).toEqual({ kind: 'moved', version: commit });
});

test('a lock that a crash left is an error that names it, and not a "no"', async () => {
  const place = await store.place();
  const target = await openTarget(place.target, place.options);
  const { version: empty } = await target.read();
  const { version } = await target.push(deliveryOf('beta-1'), empty);
  await writeFile(join(pathOf(place), 'refs/heads/beta.lock'), '');
  await expect(target.push(deliveryOf('beta-2'), version)).rejects.toThrow(/beta\.lock/);
  await rm(join(pathOf(place), 'refs/heads/beta.lock'));
  expect((await target.push(deliveryOf('beta-2'), version)).kind).toBe('pushed');
});

test('without init, a repository that is not there is an error', async () => {
  const target = await openTarget(placeAt('never-made.git', 'beta').target, { baseDir: base, init: false });
  await expect(target.read()).rejects.toThrow(TargetError);
});

test('the AWS SDK and the other kinds are loaded by who uses them only', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { openTarget } = await import(${JSON.stringify(new URL('../../../pipeline/targets/open-target.ts', import.meta.url).href)});
    await openTarget({ kind: 'dir', path: 'x' }, { baseDir: '/' });
    console.log(JSON.stringify(loaded));`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', script]);
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded.some((url) => url.endsWith('/dir-target.ts'))).toBe(true);
  expect(loaded.filter((url) => /aws-sdk|smithy|execa|git-target|s3-target|central-dogma/.test(url))).toEqual([]);
});
