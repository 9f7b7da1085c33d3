import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONFIG_RULES } from '../../../render/config/rules.ts';
import { LOAD_RULES } from '../../../render/load/rules.ts';

test.each([
  ['docs/errors/load.md', LOAD_RULES],
  ['docs/errors/config.md', CONFIG_RULES],
])('%s has an entry for every rule, and for no other', (path, rules) => {
  const text = readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
  const entries = [...text.matchAll(/^### `([a-z0-9-]+)`$/gm)].map((match) => match[1]);
  expect(entries.toSorted()).toEqual(rules.map(({ code }) => code).toSorted());
});
