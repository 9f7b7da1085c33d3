import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LONGEST } from '../longest-first.ts';

test('the files that start first are there, under these names', () => {
  expect(LONGEST.filter((file) => !existsSync(join(import.meta.dirname, '../..', file)))).toEqual([]);
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});
