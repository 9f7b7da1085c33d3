import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const COMMITTED = path.join(import.meta.dirname, '../../../.drone.yml');

// Drone's own runner, built on demand in a directory of its own. It is a judge of this file, and no part of Meshgate.
let dir: string;
let missing: string | undefined;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'meshgate-drone-lint-'));
  await cp(path.join(import.meta.dirname, 'real-lint'), dir, { recursive: true });
  const build = await execa('go', ['build', '-o', 'drone-lint', '.'], {
    cwd: dir,
    env: { GOFLAGS: '-mod=mod' },
    reject: false,
    timeout: 110_000,
  });
  if (build.failed)
    missing = String(build.stderr || build.shortMessage)
      .trim()
      .split('\n')
      .at(-1);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

// Whether Go can build it is known only after the hook, so each test asks.
beforeEach((context) => {
  if (missing !== undefined) context.skip(`Drone's linter could not be built by Go: ${missing}`);
});
const lint = (file: string) => execa(path.join(dir, 'drone-lint'), [file], { reject: false });

test('Drone’s own parser and linter take the committed file', async () => {
  const { exitCode, stdout, stderr } = await lint(COMMITTED);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^\d+ pipelines, 0 errors$/);
  expect(exitCode).toBe(0);
});

test.each([
  ['an unknown key', (text: string) => text.replace('concurrency:', 'concurency:'), /field concurency not found/],
  [
    'a pipeline that is not there',
    (text: string) => text.replaceAll(/^ {2}- lint$/gm, '  - lind'),
    /no earlier document names/,
  ],
  ['privileges', (text: string) => text.replace(/^( +)image:/m, '$1privileged: true\n$1image:'), /privileged mode/],
])('and they refuse it with %s', async (_, change, words) => {
  const good = await readFile(COMMITTED, 'utf8');
  expect(change(good)).not.toBe(good);
  const file = path.join(dir, 'changed.yml');
  await writeFile(file, change(good));
  const { exitCode, stderr } = await lint(file);
  expect(stderr).toMatch(words);
  expect(exitCode).toBe(1);
});
