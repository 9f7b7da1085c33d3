import { readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { followPage, writeBelow } from './follow-page.ts';

const ROOT = resolve(import.meta.dirname, '../..');

let home: string;
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'getting started-')));
  await symlink(ROOT, join(home, 'meshgate'));
});
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 3 }));

test('docs/getting-started.md can be followed word by word, from an empty home', async () => {
  const env = {
    HOME: home,
    MESHGATE_CACHE_DIR: cacheDirOf(process.env),
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@shop.example',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@shop.example',
    TERM: 'dumb',
  };
  let cwd = home;
  const commands = await followPage('docs/getting-started.md', {
    write: (path, text) => writeBelow(cwd, path, text),
    async type(command) {
      // The reader's shell: it alone knows what `cd` did.
      const { all, exitCode } = await execa('bash', ['-c', `${command}\nstatus=$?; pwd >"$HOME/pwd"; exit $status`], {
        cwd,
        env,
        all: true,
        reject: false,
        stdin: 'ignore',
      });
      cwd = readFileSync(join(home, 'pwd'), 'utf8').trim();
      return { exitCode, printed: String(all ?? '') };
    },
  });
  expect(commands).toBeGreaterThan(8);
}, 240_000);
