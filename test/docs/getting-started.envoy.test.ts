import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { missingFrom, pageSteps } from './page-steps.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8');

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
  let commands = 0;
  for (const step of pageSteps(PAGE)) {
    if (step.kind === 'file') {
      await mkdir(dirname(join(cwd, step.path)), { recursive: true });
      await writeFile(join(cwd, step.path), step.text);
      continue;
    }
    for (const { command, prints, line } of step.commands) {
      const where = `docs/getting-started.md:${line} ${command}`;
      // The reader's shell: it alone knows what `cd` did.
      const { all, exitCode } = await execa('bash', ['-c', `${command}\nstatus=$?; pwd >"$HOME/pwd"; exit $status`], {
        cwd,
        env,
        all: true,
        reject: false,
        stdin: 'ignore',
      });
      expect({ where, exitCode, all: exitCode === 0 ? '' : all }).toEqual({ where, exitCode: 0, all: '' });
      const missing = missingFrom(String(all ?? ''), prints);
      expect({ where, missing, all: missing === undefined ? '' : all }).toEqual({ where, missing: undefined, all: '' });
      cwd = readFileSync(join(home, 'pwd'), 'utf8').trim();
      commands += 1;
    }
  }
  expect(commands).toBeGreaterThan(8);
}, 240_000);
