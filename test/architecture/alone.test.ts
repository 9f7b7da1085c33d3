import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALONE } from '../alone.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Of the process itself: its memory, its listeners, its flags, its environment, the modules that it has loaded. */
const OF_THE_PROCESS =
  /\bprocess\.(on|once|memoryUsage|chdir|umask)\(|\bprocess\.env\.\w+ = |\bsetFlagsFromString\(|\bvi\.(mock|doMock)\(/;

test('whatever looks at or changes its process has one of its own', () => {
  const found = globSync('test/**/*.test.ts', { cwd: ROOT })
    .filter((file) => !/\.(envoy|long)\.test\.ts$/.test(file) && file !== 'test/architecture/alone.test.ts')
    .filter((file) => OF_THE_PROCESS.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(found.toSorted()).toEqual(ALONE);
});
