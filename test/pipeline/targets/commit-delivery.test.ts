import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCommit, writeCommit } from '../../../pipeline/targets/git/commit-delivery.ts';
import { gitIn, type RunGit } from '../../../pipeline/targets/git/run-git.ts';
import { deliveryOf } from './deliveries.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-commits-'));
  await execa('git', ['init', '--quiet', '--bare', dir]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Notes which git commands are run. */
function counted(): { readonly run: RunGit; readonly verbs: string[] } {
  const git = gitIn('the target', dir, { timeoutMs: 30_000, redact: (text) => text });
  const verbs: string[] = [];
  const run: RunGit = (args, options) => {
    verbs.push(args[0] ?? '');
    return git(args, options);
  };
  return { run, verbs };
}

test('a delivery is written by three processes and read by one, however many files it has', async () => {
  const { run, verbs } = counted();
  const delivery = deliveryOf('one');
  const commit = await writeCommit('the target', run, delivery, undefined);
  expect(verbs.splice(0)).toEqual(['hash-object', 'mktree', 'commit-tree']);
  const held = await readCommit('the target', run, commit);
  expect(verbs.splice(0)).toEqual(['cat-file']);
  expect(held).toMatchObject({
    kind: 'delivery',
    version: commit,
    delivery: { manifest: delivery.manifest, snapshot: { digest: delivery.snapshot.digest } },
  });
});

test('the same delivery on the same parent is the same commit', async () => {
  const { run } = counted();
  const first = await writeCommit('the target', run, deliveryOf('one'), undefined);
  expect(await writeCommit('the target', run, deliveryOf('one'), undefined)).toBe(first);
  expect(await writeCommit('the target', run, deliveryOf('one'), first)).not.toBe(first);
});

test('a commit that is not there, and what is no commit, hold nothing', async () => {
  const { run } = counted();
  expect(await readCommit('the target', run, '0123456789'.repeat(4))).toBeUndefined();
  const { stdout } = await run(['hash-object', '-w', '--stdin'], { input: 'a file' });
  expect(await readCommit('the target', run, stdout.toString('utf8').trim())).toBeUndefined();
});
