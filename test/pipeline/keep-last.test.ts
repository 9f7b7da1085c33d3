import { expect, test } from 'vitest';
import { keepLast } from '../../pipeline/keep-last.ts';

test('what was used longest ago goes first, and what is used again stays', () => {
  const kept = new Map<string, number>();
  const use = (key: string, value: number): void => keepLast(kept, key, value, () => kept.size <= 2);
  use('a', 1);
  use('b', 2);
  use('a', 3);
  use('c', 4);
  expect([...kept]).toEqual([
    ['a', 3],
    ['c', 4],
  ]);
});

test('as many go as it takes; nothing is kept that does not fit alone', () => {
  const kept = new Map([
    ['a', 1],
    ['b', 1],
  ]);
  const sum = (): number => kept.values().reduce((all, one) => all + one, 0);
  keepLast(kept, 'c', 3, () => sum() <= 3);
  expect([...kept.keys()]).toEqual(['c']);
  keepLast(kept, 'd', 9, () => sum() <= 3);
  expect(kept.size).toBe(0);
});
