import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { entriesIn, entriesOf, rulesOf } from '../../tools/errors/error-entries.ts';
import { errorsIndex } from '../../tools/errors/errors-index.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const rules = await rulesOf(ROOT);
const entries = entriesOf(ROOT);

test('rules are found, and no two have one code', () => {
  expect(rules.length).toBeGreaterThan(40);
  const codes = rules.map(({ code }) => code);
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});

test.each(rules)('$code has exactly one entry, which says what to do', ({ code }) => {
  const found = entries.filter((entry) => entry.code === code);
  expect(found.map(({ file, line }) => `${file}:${line}`)).toHaveLength(1);
  expect(found[0]?.text.length).toBeGreaterThan(60);
});

test('every entry is a rule', () => {
  const codes = new Set(rules.map(({ code }) => code));
  expect(
    entries.filter(({ code }) => !codes.has(code)).map(({ code, file, line }) => `${file}:${line} ${code}`),
  ).toEqual([]);
});

test('docs/errors.md is current (node tools/write-errors-index.ts)', () => {
  expect(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorsIndex(rules, entries));
});

test('an entry ends where the next heading begins', () => {
  expect(entriesIn('a.md', '# A\n\n### `x`\n\nX.\n\n### `y`\nY.\n#### z\nZ.\n## B\n')).toEqual([
    { code: 'x', file: 'a.md', line: 3, text: 'X.' },
    { code: 'y', file: 'a.md', line: 7, text: 'Y.\n#### z\nZ.' },
  ]);
});
