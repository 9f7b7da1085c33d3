import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRevision } from '../../../render/revision/read-revision.ts';
import { type ConfigOnDisk, configOnDisk } from '../load/config-on-disk.ts';

const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false', ...args], {
    cwd: dir,
    encoding: 'utf8',
  }).trim();

/** Two commits: the config at `mesh/` is there in the second alone. */
async function repository(): Promise<ConfigOnDisk> {
  const repo = await configOnDisk({ 'README.md': 'r\n' });
  git(repo.dir, 'init', '-q', '-b', 'main');
  git(repo.dir, 'add', '.');
  git(repo.dir, 'commit', '-qm', 'first');
  git(repo.dir, 'tag', 'first');
  mkdirSync(join(repo.dir, 'mesh/clusters'), { recursive: true });
  // bytes that filters and attributes would change
  writeFileSync(join(repo.dir, 'mesh/clusters/a b\té.yaml'), 'name: a\r\n$Id$\n');
  writeFileSync(join(repo.dir, 'mesh/.gitattributes'), '* text eol=lf ident\nhidden.yaml export-ignore\n');
  writeFileSync(join(repo.dir, 'mesh/hidden.yaml'), 'x: 1\n');
  writeFileSync(join(repo.dir, 'mesh/check'), '#!/bin/sh\n');
  chmodSync(join(repo.dir, 'mesh/check'), 0o755);
  symlinkSync('clusters', join(repo.dir, 'mesh/link'));
  git(repo.dir, '-c', 'core.autocrlf=false', '-c', 'core.attributesFile=/dev/null', 'add', '.');
  git(repo.dir, 'commit', '-qm', 'second');
  return repo;
}

describe('readRevision', () => {
  test('gives the config as of a revision, and touches nothing', async () => {
    await using repo = await repository();
    const dir = join(repo.dir, 'mesh');
    const stored = execFileSync('git', ['cat-file', 'blob', 'HEAD:mesh/clusters/a b\té.yaml'], {
      cwd: repo.dir,
      encoding: 'utf8',
    });
    writeFileSync(join(dir, 'hidden.yaml'), 'x: 2\n');
    const before = [git(repo.dir, 'status', '--porcelain'), readFileSync(join(repo.dir, '.git/index')).toString('hex')];
    let temporary: string;
    {
      await using revision = await readRevision(dir, 'main');
      temporary = revision.dir;
      expect(revision.commit).toBe(git(repo.dir, 'rev-parse', 'HEAD'));
      expect(readdirSync(temporary).sort()).toEqual(['.gitattributes', 'check', 'clusters', 'hidden.yaml', 'link']);
      expect(readFileSync(join(temporary, 'clusters/a b\té.yaml'), 'utf8')).toBe(stored);
      expect(readFileSync(join(temporary, 'hidden.yaml'), 'utf8')).toBe('x: 1\n');
      expect(lstatSync(join(temporary, 'check')).mode & 0o111).not.toBe(0);
      expect(readlinkSync(join(temporary, 'link'))).toBe('clusters');
    }
    expect(existsSync(temporary)).toBe(false);
    expect([
      git(repo.dir, 'status', '--porcelain'),
      readFileSync(join(repo.dir, '.git/index')).toString('hex'),
    ]).toEqual(before);
  });

  test('the config may be the whole repository', async () => {
    await using repo = await repository();
    await using revision = await readRevision(repo.dir, 'first');
    expect(readdirSync(revision.dir)).toEqual(['README.md']);
  });

  test('what is missing is said', async () => {
    await using repo = await repository();
    await using plain = await configOnDisk({ 'a.yaml': '' });
    const dir = join(repo.dir, 'mesh');
    await expect(readRevision(plain.dir, 'HEAD')).rejects.toMatchObject({ code: 'NOT_A_REPOSITORY' });
    await expect(readRevision(join(plain.dir, 'nowhere'), 'HEAD')).rejects.toMatchObject({ code: 'NO_SUCH_DIRECTORY' });
    await expect(readRevision(dir, 'no-such')).rejects.toMatchObject({
      code: 'UNKNOWN_REVISION',
      message: expect.stringContaining('"no-such"'),
    });
    for (const odd of ['', '--all', '-h', 'HEAD\n', 'HEAD:mesh']) {
      await expect(readRevision(dir, odd)).rejects.toMatchObject({ code: 'UNKNOWN_REVISION' });
    }
    await expect(readRevision(dir, 'first')).rejects.toMatchObject({
      code: 'NO_SUCH_DIRECTORY',
      message: expect.stringContaining('mesh'),
    });
    await expect(readRevision(dir, 'HEAD', { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow();
  });
});
