import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** Hosts of package and image registries: a mirror must work without a change here. Written so that this file does not name them itself. */
const REGISTRIES = [
  'registry.npmjs',
  'registry.yarnpkg',
  'pypi',
  'files.pythonhosted',
  'proxy.golang',
  'sum.golang',
  'registry-1.docker',
  'index.docker',
].map((name) => `${name.replaceAll('.', '\\.')}\\.(org|com|io)`);
const REGISTRY = new RegExp(`\\b(${REGISTRIES.join('|')}|repo\\d?\\.maven|ghcr\\.${'io'}|quay\\.${'io'})\\b`);

let texts: Map<string, string>;
beforeAll(async () => {
  const { stdout } = await execa('git', ['ls-files', '-z'], { cwd: ROOT });
  const binary = /\.(br|gz|png|binpb)$/;
  const files = stdout.split('\0').filter((file) => file !== '' && !binary.test(file));
  texts = new Map(
    files.flatMap((file) => {
      try {
        return [[file, readFileSync(join(ROOT, file), 'utf8')]];
      } catch {
        return []; // deleted and not committed yet, or a submodule
      }
    }),
  );
});

const where = (pattern: RegExp): string[] =>
  [...texts].flatMap(([file, text]) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );

test('no file names the host of a registry', () => {
  expect(where(REGISTRY)).toEqual([]);
  expect(REGISTRY.test(`https://registry.${'npmjs'}.${'org'}/x`)).toBe(true);
});

test('no file names this checkout’s place on this machine', () => {
  const parent = dirname(ROOT);
  const place = parent === '/' || parent.split('/').length < 3 ? ROOT : parent;
  expect(where(new RegExp(`${place.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/|\\b)`))).toEqual([]);
});

test('no file has a merge mark', () => {
  expect(where(/^(<{7}|>{7}) /)).toEqual([]);
});
