import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PARTS } from '../../../bench/xds/options.ts';
import { recorded } from '../../../bench/xds/record.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/performance.md'), 'utf8');

test.each(PARTS)('the page of figures has a place for %s, and only that is written anew', (part) => {
  const once = recorded(PAGE, part, '\n| a | b |\n');
  expect(recorded(once, part, '| a | b |')).toBe(once);
  const [before, after] = once.split(`<!-- xds ${part}:begin -->\n\n| a | b |\n\n<!-- xds ${part}:end -->`);
  expect(PAGE.startsWith(before ?? 'nothing')).toBe(true);
  expect(PAGE.endsWith(after ?? 'nothing')).toBe(true);
});

test('a page without a place is refused', () => {
  expect(() => recorded('text', 'storm', 'x')).toThrow('no <!-- xds storm:begin -->');
  expect(() => recorded('<!-- xds storm:end --><!-- xds storm:begin -->', 'storm', 'x')).toThrow(
    'no <!-- xds storm:begin -->',
  );
});
